"""The windows of several texts as a batch."""

import itertools
from collections.abc import Sequence

import numpy as np

from kbert.data.padding import pad
from kbert.errors import InputError
from kbert.findings import Cure
from kbert.tokenizer.window_split import Encoded


def window_rows(windows: int, texts: int, *, few_shapes: bool) -> int:
    """Return how many rows a batch of windows has, one of a few numbers if each is compiled.

    Args:
        windows: int. The rows that hold windows.
        texts: int. The texts of the batch.
        few_shapes: bool. Whether the number of rows is a multiple of a quarter of the texts; the
            added rows hold no window.
    """
    step = max(1, texts // 4) if few_shapes else 1
    return -(-windows // step) * step


def window_inputs(
    texts: Sequence[Sequence[Encoded]], width: int, rows: int, slots: int, pad_id: int = 0
) -> dict[str, np.ndarray]:
    """Return a batch whose texts have several windows each, as `BertClassifier` takes it.

    The logits are [texts, labels] in the order of `texts`, so that labels, weights, loss and
    metrics do not depend on windows.

    Args:
        texts: sequence of the windows of each text, as `TokenStore.windows` returns them.
        width: int. At least the length of the longest window.
        rows: int. At least the number of all windows; those beyond belong to no text.
        slots: int. At least the largest number of windows of a text.
        pad_id: int. The id of [PAD]. Defaults to 0.

    Returns:
        What `pad` returns for all windows; and `own_windows`, an int32 array [texts, slots] of the
        rows that are the windows of each text, then -1. `own_windows` comes first by name: Keras
        takes the number of a batch's examples from its first array.
    """
    own_windows = np.full((len(texts), slots), -1, np.int32)
    row = 0
    for text, windows in enumerate(texts):
        own_windows[text, : len(windows)] = np.arange(row, row + len(windows))
        row += len(windows)
    encoded = list(itertools.chain.from_iterable(texts))
    # Attention over nothing at all would be NaN on some devices.
    encoded += [(np.full(1, pad_id, np.int32), 1)] * (rows - row)
    return {"own_windows": own_windows, **pad(encoded, width, pad_id)}


def not_packed() -> InputError:
    """Return the error for packing texts that are read in windows."""
    return InputError(
        "Texts that are read in windows have rows of their own, which are not packed.",
        cure=Cure({"packing": "off"}),
    )
