"""Readers of text files: delimited ones (CSV, TSV), and those with one text per line."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import BinaryIO

from kbert.data.reading.header import (
    LINES_BELOW,
    LINES_LOOKED_AT,
    check_are_no_fields,
    check_header_is_not_below,
    check_is_no_table,
    check_is_no_title,
    check_quoted_names,
    column_names,
    take_separator_line,
)
from kbert.data.reading.row_text import as_delimited, cut
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.data.reading.text_lines import BadLine, TextLines
from kbert.errors import InputError
from kbert.findings import Cure, Problem
from kbert.utils.untrusted import MAX_LINE
from kbert.utils.wording import count_noun

_QUOTE_CURE = Cure(
    note="close or double the quote",
    otherwise=(Cure({"quoting": "none"}, note="for a file without quoting"),),
)
_RETURN = Problem(
    "a carriage return (CR) inside the line: line ends are mixed",
    Cure(note="save the file again with the same line end in every line"),
)
_HEADER_AGAIN = Problem(
    "the header occurs again, as when files are joined", Cure(note="delete the line")
)
_FIELDS_CURE = Cure(note="fix the row (a field that contains the delimiter needs double quotes)")


def read_delimited(
    stream: BinaryIO,
    source: str,
    *,
    delimiter: str | None,
    default_delimiter: str = ",",
    encoding: str = "utf-8",
    header: bool = True,
    quoted: bool = True,
) -> Table:
    """Return the table of a CSV or TSV stream.

    Args:
        stream: binary stream, buffered.
        source: str. The name that messages use.
        delimiter: str of one character, or None: the one that Excel's first line, such as
            `sep=;`, names, else the default.
        default_delimiter: str of one character. Defaults to a comma.
        encoding: str. Defaults to "utf-8", with or without a byte order mark.
        header: bool. Whether the first row names the columns. CoLA's form, which has no
            header, is recognized anyway. Defaults to True.
        quoted: bool. Whether a double quote opens a field, as in RFC 4180; GLUE's files have no
            quoting. Defaults to True.
    """
    lines = TextLines(stream, encoding, source)
    separator = take_separator_line(lines)
    delimiter = delimiter or separator or default_delimiter
    line = lines.peek()  # None if it is bad; broken quotes do not count here
    records = _records(lines, source, delimiter, quoted, first=0 if header else 1)
    first = next(records, None)
    if first is None:
        raise InputError(
            "{source} contains no rows. A header and at least one row were expected.",
            source=source,
        )
    if isinstance(first, BadRow) and header:  # a header cannot be skipped
        check_quoted_names(line or "", first.line, source)
        raise InputError(
            "{source}, header (line {line}): {problem}.",
            source=source,
            line=first.line,
            problem=first.problem,
            cure=first.problem.cure,
        )
    early: list[BadRow] = []
    while isinstance(first, BadRow):
        early.append(first)
        first = next(records, None)
    if first is None:
        raise early[0].to_error()
    is_cola = _is_cola(first.cells)
    written = partial(as_delimited, delimiter=delimiter, quoted=quoted)
    if header and not is_cola:
        following = list(islice(records, LINES_BELOW))
        check_is_no_title(first, following[:2], source)
        check_header_is_not_below(first, following, source, delimiter)
        columns = column_names(first.cells)
        rows = _checked(chain(following, records), source, columns, written)
        return Table(source, columns, rows, has_header=True, written=written)
    columns = [str(position) for position in range(len(first.cells))]
    if is_cola:
        columns = ["source", "label", "mark", "sentence"]
    shift = 1 if header else 0  # what was counted as the header is in fact the first row
    every = chain(early, [first], records)
    rows = _checked(every, source, columns, written, shift, has_names=False)
    return Table(source, columns, rows, has_header=False, written=written)


def _is_cola(cells: object) -> bool:
    """Whether a first row is CoLA's: source, 0 or 1, an optional mark, sentence."""
    return (
        isinstance(cells, list)
        and len(cells) == 4
        and cells[1] in ("0", "1")
        and cells[2] in ("", "*")
    )


def _records(
    lines: TextLines, source: str, delimiter: str, quoted: bool, first: int
) -> Iterator[Row | BadRow]:
    """Yield the non-blank records, numbered from `first`, with the line each begins in."""
    csv.field_size_limit(MAX_LINE)  # the default, 131072, is less than a text may have
    bad: list[BadLine] = []
    taken: list[str] = []
    whole = _whole(lines, bad, taken)
    reader = csv.reader(whole, delimiter=delimiter, strict=True) if quoted else None
    number = first - 1
    while True:
        number, line = number + 1, lines.number + 1
        try:
            if reader is not None:
                bad.clear()
                taken.clear()
                cells = next(reader)
                if bad:
                    raise bad[0]
            else:
                cells = next(lines).rstrip("\r\n").split(delimiter)
        except StopIteration:
            return
        except BadLine as broken:
            yield BadRow(source, number, line, broken.problem, broken.content)
        except csv.Error as error:
            if "unexpected end" in str(error):
                # The rest of the file was swallowed, so there is nothing left to skip to.
                place = "{source}, row {number}" if number else "{source}, header"
                raise InputError(
                    f"{place} (line {{line}}): a double quote is opened and never closed.",
                    source=source,
                    number=number,
                    line=line,
                    cure=_QUOTE_CURE,
                ) from None
            yield BadRow(source, number, line, _quoting_problem(error), cut("".join(taken)))
        else:
            if cells == [] or cells == [""]:
                number -= 1  # a blank line is not a row
                continue
            yield Row(number, line, cells)


def _whole(lines: TextLines, bad: list[BadLine], taken: list[str]) -> Iterator[str]:
    """Yield all lines and collect them; bad ones too, so that a quoted field keeps its lines."""
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except BadLine as broken:
            bad.append(broken)
            line = broken.line
        taken.append(line)
        yield line


def _quoting_problem(error: csv.Error) -> Problem:
    if "new-line character" in str(error):
        return _RETURN
    return Problem("broken quoting ({error})", _QUOTE_CURE, {"error": error})


def _checked(
    records: Iterator[Row | BadRow],
    source: str,
    columns: Sequence[str],
    written: Callable[[Sequence[str]], str],
    shift: int = 0,
    *,
    has_names: bool = True,
) -> Iterator[Row | BadRow]:
    """Yield the rows after the header, ragged ones as BadRow.

    Trailing delimiters that only some rows have are tolerated.
    """
    width = len(columns)
    for record in records:
        number = record.number + shift
        if isinstance(record, BadRow):
            yield replace(record, number=number)
            continue
        cells = list(record.cells)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            cells = cells[:width]
        elif len(cells) < width and has_names and not any(columns[len(cells) :]):
            cells += [""] * (width - len(cells))
        problem = None
        if len(cells) != width:
            problem = Problem(
                "{fields} where the first row has {width}",
                _FIELDS_CURE,
                {"fields": count_noun(len(cells), "field"), "width": width},
            )
        elif has_names and width > 1 and _is_header(cells, columns):
            problem = _HEADER_AGAIN
        if problem is None:
            yield Row(number, record.line, cells)
        else:
            yield BadRow(source, number, record.line, problem, cut(written(record.cells)))


def _is_header(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether a row repeats the names of the columns; most rows differ in the first cell."""
    return columns[0] in cells[0] and column_names(cells) == columns


def read_lines(stream: BinaryIO, source: str, *, encoding: str = "utf-8") -> Table:
    """Return the table of a stream with one text per line, in a column named text."""
    lines = TextLines(stream, encoding, source)
    check_is_no_table(lines.peek() or "", source)

    def rows() -> Iterator[Row | BadRow]:
        while True:
            try:
                text = next(lines).rstrip("\r\n")
            except StopIteration:
                return
            except BadLine as bad:
                yield BadRow(source, lines.number, lines.number, bad.problem, bad.content)
            else:
                if "\r" in text:
                    yield BadRow(source, lines.number, lines.number, _RETURN, cut(text))
                    continue
                yield Row(lines.number, lines.number, [text])

    found = rows()
    first: list[Row | BadRow] = []
    if stream.seekable():  # what is typed or piped is answered line by line
        first = list(islice(found, LINES_LOOKED_AT))
        check_are_no_fields([row.cells[0] for row in first if isinstance(row, Row)], source)
    written = partial(as_delimited, quoted=False)
    return Table(source, ["text"], chain(first, found), has_header=False, written=written)
