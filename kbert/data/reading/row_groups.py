"""The group in a cell of a table: rows of one group stay on one side of a split."""

import hashlib
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure, Option, Problem, worded
from kbert.utils.cell_values import OtherValue, plain, to_label

_CURE = Cure(
    note="fill it in; a row that belongs to no other can have a name of its own",
    otherwise=(Cure({"group": "NAME"}, note="if another column holds the groups"),),
)


def read_group(value: Any, column: str, encoding: str = "utf-8") -> int | Problem:
    """Return the key of the group in a cell, or why it cannot be used.

    Args:
        value: the cell: a text, a number, or a date.
        column: str. The name of its column.
        encoding: str. The encoding of a cell that is bytes. Defaults to "utf-8".

    Example:

    ```python
    assert read_group(" anna ", "author") == read_group("anna", "author")
    assert str(read_group("", "author")) == "the group (column 'author') is missing"
    ```
    """
    value = plain(value)
    found = to_label(value.isoformat() if hasattr(value, "isoformat") else value, encoding)
    if isinstance(found, OtherValue):
        template = "the group (column {column!r}) is {name}, not a name: {shown}"
        values = {"column": column, "name": found.name, "shown": found.shown}
        return Problem(template, _CURE, values)
    if found is None or not found.strip():
        return Problem("the group (column {column!r}) is missing", _CURE, {"column": column})
    return group_key(found.strip())


def group_key(name: str) -> int:
    """Return the key of a group by its name, the same in every file and process."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "little", signed=True)


def checked_groups(groups: Any, rows: int) -> np.ndarray:
    """Return the keys of groups that are whole numbers or names, or raise InputError."""
    found = np.asarray(groups)
    if found.shape != (rows,) or found.dtype.kind not in "iuUO":
        raise _wrong(
            rows, worded("shape {shape}, dtype {dtype}", shape=list(found.shape), dtype=found.dtype)
        )
    if found.dtype.kind in "iu":
        return found.astype(np.int64)
    keys = [read_group(value, "groups") for value in found.tolist()]
    problem = next((key for key in keys if isinstance(key, Problem)), None)
    if problem is not None:
        raise _wrong(rows, str(problem))
    return np.array(keys, np.int64)


def _wrong(rows: int, received: str) -> InputError:
    return InputError(
        "{option} must be {rows:,} names or whole numbers, one per row. Received: {received}",
        option=Option("groups"),
        rows=rows,
        received=received,
    )
