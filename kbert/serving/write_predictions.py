"""A table of predictions as CSV, JSON Lines or an Excel workbook."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol, get_args

from kbert.choices import OutputFormat
from kbert.data.reading.examples import Examples
from kbert.data.reading.kept_columns import KeptColumns
from kbert.errors import InputError
from kbert.findings import Cure, Finding, Joined, Option, Problem
from kbert.serving.predicted_row import PredictedRow
from kbert.serving.prediction_cells import cells
from kbert.utils.cell_fault import CellFault
from kbert.utils.cell_values import to_number
from kbert.utils.csv_text import csv_line
from kbert.utils.publish import check_plain, free_path
from kbert.utils.say import say
from kbert.utils.table_cells import MAX_SHEET_TEXT, cell_text, sheet_cell
from kbert.utils.xlsx_package import import_openpyxl

FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)
_CSV = Cure(note="write a file that ends in .csv")
_SUFFIXES: dict[str, OutputFormat] = {
    "": "csv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
}
_FORMULA = re.compile(r"[=+\-@\t\r]")
_MAX_ROWS, _MAX_COLUMNS = 1_048_576, 16_384
BOM = "\ufeff"


class Table(Protocol):
    """What is written: a `PredictedTable`."""

    examples: Examples
    kept: KeptColumns

    def __len__(self) -> int:
        """Return the number of rows."""

    def rows(self) -> Iterator[PredictedRow]:
        """Yield the rows."""

    def names(self, row: PredictedRow) -> list[str]:
        """Return the names of the columns."""

    def record(self, row: PredictedRow) -> dict[str, Any]:
        """Return a row as a JSON object."""


def format_of(
    path: Path | None, asked: str | None, formats: tuple[OutputFormat, ...] = FORMATS
) -> OutputFormat:
    """Return a format: the one that was asked for, or the one that the suffix of a path identifies.

    Args:
        path: Path or None.
        asked: str or None.
        formats: tuple of str. The formats to choose from. Defaults to all.

    Raises:
        InputError: there is no such format, the suffix identifies another format or none, or
            openpyxl is missing.
    """
    if path is not None:
        check_plain(path)
    suffix = path.suffix.lower() if path is not None else ".csv"
    of_suffix = _SUFFIXES.get(suffix)
    chosen = next((one for one in formats if one == (asked or of_suffix)), None)
    if chosen is None and asked is None:
        raise InputError(
            "The suffix of {output} identifies none of the formats {formats}.",
            output=path,
            formats=Joined(formats),
            cure=Cure({"to": "csv"} if of_suffix is None else {"output": _renamed(path, "csv")}),
        )
    if chosen is None:
        raise InputError(
            "{option} must be one of {formats}. Received: {asked!r}",
            option=Option("to"),
            formats=Joined(formats),
            asked=asked,
        )
    if path is not None and suffix and of_suffix not in (None, chosen):
        raise InputError(
            "The suffix of {output} identifies a different format than {option}.",
            output=path,
            option=Option("to", chosen),
            cure=Cure({"output": _renamed(path, chosen)}),
        )
    if chosen == "xlsx":
        import_openpyxl()
    return chosen


def _renamed(path: Path | None, format: OutputFormat) -> str:
    return str(free_path((path or Path("labelled")).with_suffix(f".{format}")))


def check_bom(bom: bool, output_format: str) -> None:
    """Raise InputError if a byte order mark is asked for in a format that has none."""
    if bom and output_format != "csv":
        raise InputError(
            "{option} is for CSV files, not for {format}. Leave it out.",
            option=Option("bom"),
            format=output_format,
        )


def check_cell(cell: Any, output_format: str) -> Problem | None:
    """Return why a cell of a source cannot be written to a file of this format, or None."""
    if isinstance(cell, CellFault) and cell.kind == "formula":
        note = "open the file in Excel or LibreOffice and save it, which stores the values"
        return Problem(
            "{what} ({shown})", Cure(note=note), {"what": cell.name, "shown": cell.shown}
        )
    if output_format == "xlsx" and isinstance(cell, str) and len(cell) > MAX_SHEET_TEXT:
        return Problem(
            "{length:,} characters, more than the {most:,} that a cell of a workbook holds",
            _CSV,
            {"length": len(cell), "most": MAX_SHEET_TEXT},
        )
    return None


def table_lines(table: Table, format: str, *, bom: bool = False) -> Iterator[str]:
    """Yield the lines of a text file, "csv" or "jsonl"."""
    return csv_lines(table, bom=bom) if format == "csv" else json_lines(table)


def csv_lines(table: Table, *, bom: bool = False) -> Iterator[str]:
    """Yield the lines of a CSV file, each cell of the source as it is."""
    encoding = table.examples.encoding
    formulas = 0
    names: list[str] = []
    for row in table.rows():
        if not names:
            names = table.names(row)
            yield (BOM if bom else "") + csv_line(names)
        kept = [cell_text(cell, encoding) for cell in row.kept]
        formulas += bom and any(map(_is_formula, kept))
        yield csv_line([*map(str, row.place.values()), *kept, *cells(row.prediction)])
    if formulas:
        say(str(_formulas(formulas)), to="stderr")


def json_lines(table: Table) -> Iterator[str]:
    """Yield the lines of a JSON Lines file."""
    for row in table.rows():
        line = json.dumps(table.record(row), ensure_ascii=False) + "\n"
        yield line.encode("utf-8", "backslashreplace").decode()  # lone surrogates as JSON escapes


def write_predictions(
    table: Table, path: Path, *, format: str | None = None, bom: bool = False
) -> None:
    """Write a table to a new file, row by row; see `PredictedTable.write`."""
    from kbert.utils.file_errors import writing
    from kbert.utils.staging import publishing

    chosen = format_of(path, format)
    check_bom(bom, chosen)
    if chosen == "xlsx" and table.kept.names:
        kept = table.kept
        check = partial(check_cell, output_format=chosen)
        KeptColumns.find(kept.source, kept.layout, kept.names, check)
    with publishing(path) as new, writing(path):
        write_table(table, new, chosen, bom=bom)


def write_table(table: Table, path: Path, format: str, *, bom: bool = False) -> None:
    """Write a table at a path that nobody else uses."""
    if format == "xlsx":
        with path.open("wb") as file:
            write_xlsx(table, file)
        return
    with path.open("w", encoding="utf-8", newline="") as text:
        text.writelines(table_lines(table, format, bom=bom))


def write_xlsx(table: Table, file: IO[bytes]) -> None:
    """Write a workbook with one sheet: texts as texts, whatever they begin with."""
    openpyxl = import_openpyxl()
    from openpyxl.cell import WriteOnlyCell

    encoding = table.examples.encoding
    check_sheet_size(table)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("predictions")
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        made = WriteOnlyCell(sheet, "")
        made._value, made.data_type = value, "s"  # else "=1" would be a formula, "#N/A" an error
        return made

    names: list[str] = []
    for row in table.rows():
        if not names:
            names = table.names(row)
            sheet.append([cell(sheet_cell(name)) for name in names])
        kept = [sheet_cell(value, encoding) for value in row.kept]
        values = [*row.place.values(), *kept, *row.predicted_values()]
        sheet.append([cell(value) for value in values])
    book.save(file)


def check_sheet_size(table: Table) -> None:
    """Raise InputError if a sheet cannot hold this many rows."""
    if len(table) + 1 > _MAX_ROWS:
        raise InputError(
            "{source} has {rows:,} rows; a sheet of a workbook holds {most:,}.",
            source=table.examples.source,
            rows=len(table),
            most=_MAX_ROWS - 1,
            cure=_CSV,
        )


def _is_formula(cell: str) -> bool:
    return bool(_FORMULA.match(cell)) and to_number(cell) is None


def _formulas(rows: int) -> Finding:
    return Finding(
        "cells-like-formulas",
        "warning",
        "In {rows:,} rows a cell begins with =, +, -, @ or a tab, which Excel takes for a formula "
        "when it opens a CSV file. The cells are written as they are.",
        Cure(
            note="write a file that ends in .xlsx, where they stay text, without {bom}",
            values={"bom": Option("bom")},
        ),
        {"rows": rows},
    )
