"""A row as it is in its file, for the list of rows that cannot be used."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from kbert.utils.cell_values import is_missing

_MOST = 200  # characters
_CUT = " ..."


def cut(text: str) -> str:
    """Return a row's text; for a long one, its beginning followed by dots."""
    text = text.strip("\r\n")
    return text if len(text) <= _MOST else text[: _MOST - len(_CUT)] + _CUT


def as_delimited(cells: Sequence[Any], delimiter: str = ",", *, quoted: bool = True) -> str:
    """Return a row as in a CSV file.

    Args:
        cells: sequence of any values; a missing one is an empty field.
        delimiter: str of one character. Defaults to a comma.
        quoted: bool. Whether a field with a delimiter in it has quotes. Defaults to True.
    """
    texts = [_text(cell) for cell in cells]
    if not quoted:
        return delimiter.join(texts)
    row = io.StringIO()
    csv.writer(row, delimiter=delimiter, lineterminator="\r\n").writerow(texts)
    return row.getvalue().removesuffix("\r\n")


def as_object(cells: Sequence[Any], columns: Sequence[str]) -> str:
    """Return a row as a JSON object, without the columns that it lacks."""
    return as_json({n: cell for n, cell in zip(columns, cells, strict=True) if cell is not None})


def as_json(value: Any) -> str:
    """Return a value as JSON, or "" if it is nested too deeply."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return ""


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return "" if is_missing(cell) else str(cell)
