"""The weight in a cell of a table."""

from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure, Option, Problem
from kbert.targets.label_keys import number_of
from kbert.utils.cell_values import describe, is_missing, plain, to_number

_LARGEST = 1e30  # float32 can sum many of these
_CURE = Cure(
    note="write 0 or a positive number, such as 0.5",
    otherwise=(Cure({"weight": "NAME"}, note="if another column holds the weights"),),
)
_POINT = Cure(note="write it with a decimal point and nothing else, such as 1234.5")


def read_weight(value: Any, column: str, encoding: str = "utf-8") -> float | Problem:
    """Return a cell as the weight of its row, or why it cannot be used.

    Args:
        value: the cell: a number, or a text that is one.
        column: str. The name of its column.
        encoding: str. The encoding of a cell that is bytes. Defaults to "utf-8".

    Example:

    ```python
    assert read_weight("0.5", "weight") == 0.5
    assert str(read_weight("-1", "weight")) == "the weight (column 'weight') is negative: -1"
    ```
    """
    value = plain(value)
    if isinstance(value, bytes):
        value = value.decode(encoding, "replace")
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return Problem("the weight (column {column!r}) is missing", _CURE, {"column": column})
    shown = value.strip() if isinstance(value, str) else describe(value).shown
    weight = to_number(value)
    if weight is None or abs(weight) > _LARGEST:
        template = "the weight (column {column!r}) is not a number: {shown:.60}"
        if "," in shown and number_of(shown) is not None:
            values = {"column": column, "shown": shown}
            return Problem(template, _POINT, values)
    elif weight < 0:
        template = "the weight (column {column!r}) is negative: {shown:.60}"
    else:
        return weight
    return Problem(template, _CURE, {"column": column, "shown": shown})


def checked_weights(weights: Any, rows: int) -> np.ndarray:
    """Return the weights of rows as float32, or raise InputError if they are not weights."""
    found = np.asarray(weights)
    is_sound = found.shape == (rows,) and found.dtype.kind in "iuf"
    if not is_sound or (rows and not 0 <= found.min() <= found.max() <= _LARGEST):
        raise InputError(
            "{option} must be {rows:,} numbers, one per row, 0 or more. Received: {received}",
            option=Option("weights"),
            rows=rows,
            received=f"the least is {found.min()}, the greatest {found.max()}"
            if is_sound
            else f"shape {list(found.shape)}, dtype {found.dtype}",
        )
    return found.astype(np.float32)
