"""Several short texts in one row, which takes less padding than a row for each."""

from collections.abc import Sequence

import numpy as np

MULTIPLE_OF_WIDTH = 64  # the tiles in which attention's products are computed


def packed_width(lengths: np.ndarray) -> int:
    """Return the width of packed rows, the same in all batches: one that holds the longest text."""
    return max(1, -(-int(np.max(lengths)) // MULTIPLE_OF_WIDTH)) * MULTIPLE_OF_WIDTH


def packed_slots(lengths: np.ndarray, width: int) -> int:
    """Return how many texts a packed row may hold: twice as many as rows hold on average."""
    return 2 * int(np.ceil(width / np.mean(lengths)))


def usual_rows(lengths: np.ndarray, width: int, texts: int) -> int:
    """Return how many rows this many texts need on average, if they fill the rows."""
    return int(np.ceil(texts * np.mean(lengths) / width))


def computed_rows(filled: int, usual: int, batch_size: int, *, compiled: bool) -> int:
    """Return how many rows a batch has, rounded up with empty ones to one of a few numbers.

    Args:
        filled: int. The rows that hold texts.
        usual: int. What `usual_rows` returns for the batch size.
        batch_size: int. Texts of a batch.
        compiled: bool. Whether each number of rows is one more shape to compile.
    """
    step = max(1, batch_size // 32)
    if compiled:
        step, filled = 2 * step, max(filled, usual)
    return -(-filled // step) * step


def first_fit(lengths: Sequence[int] | np.ndarray, width: int, slots: int) -> list[list[int]]:
    """Return which texts share a row: each in the first row with room for it, the longest first.

    Args:
        lengths: int array [texts], at most `width` each.
        width: int. Tokens of a row.
        slots: int. Maximum texts per row.

    Source: Johnson, Near-optimal bin packing algorithms, 1973 (first-fit decreasing).

    Example:

    ```python
    assert first_fit([3, 6, 4, 2], width=8, slots=4) == [[1, 3], [2, 0]]
    ```
    """
    rows: list[list[int]] = []
    room = np.full(len(lengths), width)  # of each row, open or not, for one more text
    for text in np.argsort(-np.asarray(lengths), kind="stable"):
        row = int(np.argmax(room >= lengths[text]))
        if row == len(rows):
            rows.append([])
        rows[row].append(int(text))
        room[row] = room[row] - lengths[text] if len(rows[row]) < slots else -1
    return rows


def pack(
    encoded: Sequence[tuple[Sequence[int] | np.ndarray, int]],
    rows: Sequence[Sequence[int]],
    width: int,
    slots: int,
    pad_id: int = 0,
) -> dict[str, np.ndarray]:
    """Return a batch of packed rows, which `BertClassifier` takes as well as padded ones.

    Attention stays within a text, and each text's positions count from 0, so that the logits are
    those of padded rows. They are [texts, labels] in the order of `encoded`, so that labels,
    weights, loss and metrics do not depend on rows.

    Args:
        encoded: sequence of (ids, length of the first segment), as `Tokenizer.encode` returns
            them.
        rows: sequence of sequences of int. The texts of each row; see `first_fit`. A row may be
            empty.
        width: int. Tokens of a row.
        slots: int. Maximum texts per row.
        pad_id: int. The id of [PAD]. Defaults to 0.

    Returns:
        A dict of int32 arrays: `token_ids`, `segment_ids`, `position_ids` and `text_ids` (1 for a
        row's first text, 0 for padding) [rows, width]; `cls_tokens` [rows, slots], where each text
        begins; and `cls_slots` [texts], the slot of each text among those of all rows. `cls_slots`
        comes first by name: Keras takes the number of a batch's examples from its first array.
    """
    shape = len(rows), width
    token_ids = np.full(shape, pad_id, np.int32)
    segment_ids, position_ids, text_ids = (np.zeros(shape, np.int32) for _ in range(3))
    cls_tokens = np.zeros((len(rows), slots), np.int32)
    cls_slots = np.zeros(len(encoded), np.int32)
    for row, texts in enumerate(rows):
        begin = 0
        for slot, text in enumerate(texts):
            ids, first_length = encoded[text]
            end = begin + len(ids)
            token_ids[row, begin:end] = ids
            segment_ids[row, begin + first_length : end] = 1
            position_ids[row, begin:end] = np.arange(len(ids))
            text_ids[row, begin:end] = slot + 1
            cls_tokens[row, slot] = begin
            cls_slots[text] = row * slots + slot
            begin = end
    return {
        "cls_slots": cls_slots,
        "cls_tokens": cls_tokens,
        "position_ids": position_ids,
        "segment_ids": segment_ids,
        "text_ids": text_ids,
        "token_ids": token_ids,
    }
