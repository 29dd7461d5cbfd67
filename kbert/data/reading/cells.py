"""Reads texts and labels from the cells of a table, or reports why a cell cannot be used."""

from dataclasses import replace
from typing import Any, Literal

from kbert.data.reading.encodings import guess_encoding, unknown_encoding
from kbert.findings import Cure, Problem
from kbert.utils.cell_values import OtherValue, plain, to_label, to_text

Role = Literal["text", "pair", "label"]
_FAULTS = {
    "formula": "open the file in Excel or LibreOffice and save it, which stores the values",
    "merged": "unmerge the cells, and fill in each",
    "error": "fix the formula, or clear the cell",
}


def read_cell(value: Any, role: Role, column: str, encoding: str) -> str | Problem:
    """Return a cell as text, "" for a missing value, or why it cannot be used.

    Args:
        value: the cell.
        role: "text", "pair" or "label".
        column: str. The name of its column.
        encoding: str. The encoding of cells that are bytes.
    """
    found = (to_label if role == "label" else to_text)(value, encoding)
    if isinstance(found, OtherValue) and found.kind == "bytes":
        return _bytes_problem(found, role, column, bytes(plain(value)))
    if isinstance(found, OtherValue):
        return (
            _label_problem(found, column) if role == "label" else _text_problem(found, role, column)
        )
    return found or ""


def _bytes_problem(found: OtherValue, role: Role, column: str, data: bytes) -> Problem:
    guess = guess_encoding(data)
    return Problem(
        "the label (column {column!r}) is {name}: {shown}"
        if role == "label"
        else "the text (column {column!r}) is {name}: {shown}",
        unknown_encoding() if guess is None else Cure({"encoding": guess}),
        _values(found, column),
    )


def _text_problem(found: OtherValue, role: Role, column: str) -> Problem:
    notes = {
        "several": "join its parts into one text",
        "mapping": "take the text out of it, as pandas.json_normalize does",
        "number": "store it as text",
        "bool": "store it as text",
        "other": "store it as text",
    }
    template = "the text (column {column!r}) is {name}, not a text: {shown}"
    return Problem(template, _cure(found, role, notes), _values(found, column))


def _label_problem(found: OtherValue, column: str) -> Problem:
    notes = {
        "several": "keep one label in each row, such as 3 for [3]",
        "mapping": "take the label out of it",
        "number": "store it as text",
        "other": "store it as text",
    }
    template = "the label (column {column!r}) is {name}, not a label: {shown}"
    if found.kind == "several":
        template = "the label (column {column!r}) is {name}, where one class was expected: {shown}"
    cure = _cure(found, "label", notes)
    if found.kind == "several":
        several = Cure({"target": "multi"}, note="to train several labels for a text")
        cure = replace(cure, otherwise=(several, *cure.otherwise))
    return Problem(template, cure, _values(found, column))


def _cure(found: OtherValue, role: Role, notes: dict[str, str]) -> Cure:
    what = "labels" if role == "label" else "texts"
    other = Cure({role: "NAME"}, note="if another column holds the {what}", values={"what": what})
    return Cure(note={**notes, **_FAULTS}[found.kind], otherwise=(other,))


def _values(found: OtherValue, column: str) -> dict[str, Any]:
    return {"column": column, "name": found.name, "shown": found.shown}
