"""The reader of Excel workbooks."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, time
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

from kbert.data.reading.header import (
    LINES_BELOW,
    check_header_is_not_below,
    check_is_no_title,
    column_names,
)
from kbert.data.reading.merged_ranges import MergedRanges
from kbert.data.reading.row_text import as_delimited, cut
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.data.reading.workbook import Workbook
from kbert.errors import InputError
from kbert.findings import Cure, Problem
from kbert.utils.cell_fault import CellFault
from kbert.utils.escaped_characters import without_escapes
from kbert.utils.wording import count_noun

_EXACT = 10**15


def read_xlsx(
    path: Path, files: ExitStack, *, sheet: str | None = None, header: bool = True
) -> Table:
    """Return the table of a sheet, with its rows numbered as in Excel.

    For a formula, the value that Excel has stored is read. Rows without any cell are ignored.

    Args:
        path: Path.
        files: ExitStack. Closes the workbook.
        sheet: str or None. The name of the sheet. Defaults to None: the only one with cells.
        header: bool. Whether the first row names the columns. Defaults to True.
    """
    book = Workbook(path, files)
    name = book.sheet(sheet)
    source = str(path)
    rows = _rows(book, name)
    first = next(rows, None)
    if first is None:
        raise InputError("{source} contains no rows.", source=source)
    if not header:
        columns = [str(position) for position in range(len(first.cells))]
        return Table(source, columns, _fitted(chain([first], rows), columns, source), False)
    following = list(islice(rows, LINES_BELOW))
    below = [_as_texts(row) for row in following]
    check_is_no_title(_as_texts(first), below[:2], source)
    check_header_is_not_below(_as_texts(first), below, source, "\t")
    columns = column_names(_as_texts(first).cells)
    return Table(source, columns, _fitted(chain(following, rows), columns, source), True)


def _rows(book: Workbook, sheet: str) -> Iterator[Row]:
    """Yield the rows with a value, without the empty cells at their ends."""
    merged = MergedRanges(book.merged(sheet))
    formulas = book.formulas(sheet)
    pairs = zip(book.rows(sheet), repeat(()) if formulas is None else formulas, strict=False)
    for number, (row, written) in enumerate(pairs, start=1):
        cells = [_value(cell) for cell in row]
        for at, cell in enumerate(written):
            # A stored empty text has the type "str".
            if cell.data_type == "f" and cells[at] is None and row[at].data_type != "str":
                text = getattr(cell.value, "text", cell.value)  # of an array formula
                cells[at] = CellFault("formula", str(text))
        while cells and cells[-1] in (None, ""):
            cells.pop()
        if not cells:
            continue
        for at, first in merged.row(number):
            cells += [None] * (at + 1 - len(cells))
            if cells[at] is None:
                cells[at] = CellFault("merged", first)
        yield Row(number, 0, cells)


def _value(cell: Any) -> Any:
    """Return the value of a cell, or a CellFault if it shows an error."""
    value = cell.value
    if cell.data_type == "e":
        return CellFault("error", str(value))
    if isinstance(value, str):
        return without_escapes(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date()  # Excel stores no difference
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)  # nor here
    return value


def _is_merged(cell: Any) -> bool:
    return isinstance(cell, CellFault) and cell.kind == "merged"


def _as_texts(row: Row) -> Row:
    """Return a row with its cells as texts, as in a header, and its number as its line."""
    return Row(row.number, row.number, ["" if c is None else str(c) for c in row.cells])


def _fitted(rows: Iterator[Row], columns: list[str], source: str) -> Iterator[Row | BadRow]:
    """Yield the rows with a cell for each column, and those with more as BadRow."""
    width = len(columns)
    for row in rows:
        cells = list(row.cells)
        while len(cells) > width and (cells[-1] is None or _is_merged(cells[-1])):
            cells.pop()
        if len(cells) > width:
            problem = Problem(
                "{fields} where the first row has {width}",
                Cure(note="name each column in the first row, or clear the cells beside the table"),
                {"fields": count_noun(len(cells), "cell"), "width": width},
            )
            yield BadRow(source, row.number, 0, problem, cut(as_delimited(cells)))
            continue
        yield Row(row.number, 0, cells + [None] * (width - len(cells)))
