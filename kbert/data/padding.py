"""Names and padding of a model's inputs."""

from collections.abc import Sequence

import numpy as np

INPUTS = ("token_ids", "segment_ids", "padding_mask")
MULTIPLE = 8  # widths are multiples of it, so that few shapes are compiled or prepared


def pad(
    encoded: Sequence[tuple[Sequence[int] | np.ndarray, int]], width: int, pad_id: int = 0
) -> dict[str, np.ndarray]:
    """Return a batch as the model takes it: int32 arrays [rows, width], by name.

    Args:
        encoded: sequence of (ids, length of the first segment), as `Tokenizer.encode` returns
            them.
        width: int. At least the length of the longest ids.
        pad_id: int. The id of [PAD]. Defaults to 0.

    Example:

    ```python
    inputs = pad([([2, 4, 3, 5, 3], 3)], width=8)
    assert inputs["segment_ids"].tolist() == [[0, 0, 0, 1, 1, 0, 0, 0]]
    ```
    """
    token_ids = np.full((len(encoded), width), pad_id, np.int32)
    segment_ids = np.zeros((len(encoded), width), np.int32)
    padding_mask = np.zeros((len(encoded), width), np.int32)
    for row, (ids, first_length) in enumerate(encoded):
        token_ids[row, : len(ids)] = ids
        segment_ids[row, first_length : len(ids)] = 1
        padding_mask[row, : len(ids)] = 1
    return dict(zip(INPUTS, (token_ids, segment_ids, padding_mask), strict=True))
