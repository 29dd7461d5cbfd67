"""Reads the cells of a row's label, for labels that are not one class."""

from collections.abc import Mapping, Sequence
from typing import Any

from kbert.findings import Cure, Problem
from kbert.targets.label_keys import number_of
from kbert.utils.cell_values import describe, is_missing, plain, to_label, to_number

_MAX_NUMBER = 1e18  # float32 can hold its square
_ONES, _ZEROS = ("1", "true"), ("0", "false", "")


def several_labels(cell: Any, column: str, separator: str | None) -> tuple[str, ...] | Problem:
    """Return the labels in a cell, each once, in their order; none if it is empty.

    Args:
        cell: a list of names; or a text of names with a separator between them.
        column: str. The name of its column.
        separator: str or None. What separates the names in a text. Defaults to None: a text is one
            name.

    Example:

    ```python
    assert several_labels("rude; loud", "tags", ";") == ("rude", "loud")
    assert several_labels(["rude", 3], "tags", None) == ("rude", "3")
    ```
    """
    cell = plain(cell)
    if is_missing(cell):
        return ()
    if isinstance(cell, str):
        parts: Sequence[Any] = [cell] if separator is None else cell.split(separator)
        names = [part.strip() for part in parts]
        return tuple(dict.fromkeys(name for name in names if name))
    is_list = hasattr(cell, "__iter__") and not isinstance(cell, (Mapping, bytes, bytearray))
    found = [to_label(part) for part in (cell if is_list else [cell])]
    if not all(isinstance(name, str) and name for name in found):
        return Problem(
            "the list of labels (column {column!r}) contains something other than names: {shown}"
            if is_list
            else "the labels (column {column!r}) are {name}, not a list of names: {shown}",
            Cure(note='write a list of names, such as ["a", "b"]'),
            {"column": column, "name": describe(cell).name, "shown": describe(cell).shown},
        )
    return tuple(dict.fromkeys(map(str, found)))


def marked_columns(cells: Sequence[Any], columns: Sequence[str]) -> tuple[str, ...] | Problem:
    """Return the columns that a row marks with a 1.

    Args:
        cells: 0 or 1, true or false, as numbers or texts; an empty cell is 0.
        columns: sequence of str. The names of their columns.

    Example:

    ```python
    assert marked_columns(["1", 0, True], ["rude", "loud", "long"]) == ("rude", "long")
    ```
    """
    marked = []
    for cell, column in zip(cells, columns, strict=True):
        value = plain(cell)
        word = "" if is_missing(value) else str(value).strip().casefold().removesuffix(".0")
        if word in _ONES:
            marked.append(column)
        elif word not in _ZEROS:
            return Problem(
                "the label (column {column!r}) is neither 0 nor 1: {shown}",
                Cure(note="write 1 where the label applies, else 0"),
                {"column": column, "shown": describe(value).shown},
            )
    return tuple(marked)


def number_columns(cells: Sequence[Any], columns: Sequence[str]) -> tuple[float, ...] | Problem:
    """Return the numbers of a row.

    Args:
        cells: finite numbers, as numbers or texts.
        columns: sequence of str. The names of their columns.

    Example:

    ```python
    assert number_columns(["3.5", 2], ["stars", "price"]) == (3.5, 2.0)
    ```
    """
    numbers = []
    for cell, column in zip(cells, columns, strict=True):
        number = to_number(cell)
        if number is None or abs(number) > _MAX_NUMBER:
            return _no_number(plain(cell), column)
        numbers.append(number)
    return tuple(numbers)


def _no_number(value: Any, column: str) -> Problem:
    """Return the problem that a value is missing, is not a number, or is too large to train on."""
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        template, note = "the number (column {column!r}) is missing", "fill it in"
    else:
        template = "the label (column {column!r}) is not a number: {shown}"
        note = "write a number, such as 3.5"
        if to_number(value) is not None:
            template = "the number (column {column!r}) is too large: {shown}"
            note = "write it in another unit"
        elif isinstance(value, str) and number_of(value) is not None:
            note = "write it with a decimal point and nothing else, such as 1234.5"
    return Problem(template, Cure(note=note), {"column": column, "shown": describe(value).shown})


def shares_of_classes(
    shares: Sequence[float], columns: Sequence[str], tolerance: float = 0.02
) -> tuple[float, ...] | Problem:
    """Return probabilities that sum to 1.

    Args:
        shares: sequence of float. The given probabilities: each 0 or more, with a sum near 1.
        columns: sequence of str. The classes.
        tolerance: float. How far from 1 their sum may be, due to rounding. Defaults to 0.02.
    """
    total = sum(shares)
    if min(shares) < 0 or abs(total - 1) > tolerance:
        least = min(range(len(shares)), key=lambda at: shares[at])
        return Problem(
            "the probability of {name!r} is negative: {value:g}"
            if shares[least] < 0
            else "the probabilities of the classes sum to {total:g}, not to 1",
            Cure(note="divide counts by their sum"),
            {"name": columns[least], "value": shares[least], "total": total},
        )
    return tuple(share / total for share in shares)
