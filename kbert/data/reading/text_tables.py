"""Readers of text files: delimited (CSV, TSV), JSON Lines, and one text a line."""

import csv
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from kbert.data.reading.rows import BadRow, Row, Table
from kbert.data.reading.text_lines import BadLine, TextLines
from kbert.errors import InputError
from kbert.utils.untrusted import MAX_LINE, is_too_deep

csv.field_size_limit(MAX_LINE)  # the default, 131072, is less than a text may have

_QUOTING_CURE = (
    "Close or double the quote; for a file without quoting, pass --quoting none; or skip the row: "
    "--on-bad-row skip"
)


def read_delimited(
    stream: BinaryIO,
    source: str,
    *,
    delimiter: str,
    encoding: str = "utf-8",
    header: bool = True,
    quoted: bool = True,
) -> Table:
    """Return the table of a CSV or TSV stream.

    Args:
        stream: binary stream, buffered.
        source: str. The name that messages use.
        delimiter: str, one character.
        encoding: str. Defaults to "utf-8", with or without a byte order mark.
        header: bool. Whether the first row names the columns. CoLA's form, which has none, is
            recognised all the same. Defaults to True.
        quoted: bool. Whether a double quote opens a field, as in RFC 4180; GLUE's files have no
            quoting. Defaults to True.
    """
    lines = TextLines(stream, encoding, source)
    records = _records(lines, source, delimiter, quoted, first=0 if header else 1)
    first = next(records, None)
    if first is None:
        raise InputError(
            "{source} holds no rows. A header and at least one row were expected.", source=source
        )
    if isinstance(first, BadRow) and header:
        # A header cannot be skipped, which is the last thing that a cure proposes.
        cure = re.split(r"[,;] (?:or |if only this line is broken, )skip the row", first.cure)[0]
        raise InputError(
            "{source}, header (line {line}): {reason}. {value}",
            source=source,
            line=first.line,
            reason=first.reason,
            value=cure,
        )
    early: list[Row | BadRow] = [first]
    while isinstance(first, BadRow):
        following = next(records, None)
        if following is None:
            raise InputError("{early}", early=str(early[0]))
        early.append(following)
        first = following
    is_cola = _is_cola(first.cells)
    if header and not is_cola:
        columns = [str(cell).strip() for cell in first.cells]
        return Table(source, columns, _checked(records, source, len(columns)))
    columns = [str(position) for position in range(len(first.cells))]
    if is_cola:
        columns = ["source", "label", "mark", "sentence"]
    shift = 1 if header else 0  # what was counted as the header is the first row
    rows = _checked(chain(early, records), source, len(columns), shift)
    return Table(source, columns, rows, has_header=False)


def _is_cola(cells: object) -> bool:
    """Whether a first row is CoLA's: source, 0 or 1, a mark or nothing, sentence."""
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
    bad: list[BadLine] = []
    reader = csv.reader(_whole(lines, bad), delimiter=delimiter, strict=True) if quoted else None
    number = first - 1
    while True:
        number, line = number + 1, lines.number + 1
        try:
            if reader is not None:
                bad.clear()
                cells = next(reader)
                if bad:
                    raise bad[0]
            else:
                cells = next(lines).rstrip("\r\n").split(delimiter)
        except StopIteration:
            return
        except BadLine as broken:
            yield BadRow(source, number, line, broken.reason, broken.cure, broken.content)
        except csv.Error as error:
            if "unexpected end" in str(error):
                # Everything behind the quote was swallowed, so there is nothing left to skip to.
                where = f"row {number}" if number else "header"
                raise InputError(
                    "{source}, {where} (line {line}): a double quote is opened and never "
                    "closed. Close or double the quote; for a file without quoting, pass "
                    "--quoting none",
                    source=source,
                    where=where,
                    line=line,
                ) from None
            yield BadRow(source, number, line, f"broken quoting ({error})", _QUOTING_CURE)
        else:
            if cells == [] or cells == [""]:
                number -= 1  # a blank line is no row
                continue
            yield Row(number, line, cells)


def _whole(lines: TextLines, bad: list[BadLine]) -> Iterator[str]:
    """Yield bad lines too, and list them, so that a quoted field keeps all of its lines."""
    while True:
        try:
            yield next(lines)
        except StopIteration:
            return
        except BadLine as broken:
            bad.append(broken)
            yield broken.line


def _checked(
    records: Iterator[Row | BadRow], source: str, width: int, shift: int = 0
) -> Iterator[Row | BadRow]:
    """Yield the rows behind the header, ragged ones as BadRow."""
    for record in records:
        number = record.number + shift
        if isinstance(record, BadRow):
            yield BadRow(source, number, record.line, record.reason, record.cure, record.content)
        elif len(record.cells) != width:
            yield BadRow(
                source,
                number,
                record.line,
                f"{len(record.cells)} fields where the first row has {width}",
                "Mend the row (a field that holds the delimiter needs double quotes), or skip it: "
                "--on-bad-row skip",
                "\t".join(record.cells)[:200],
            )
        else:
            yield Row(number, record.line, record.cells)


def read_json_lines(stream: BinaryIO, source: str, *, encoding: str = "utf-8") -> Table:
    """Return the table of a JSON Lines stream: one object a line, columns as in the first."""
    objects = _objects(TextLines(stream, encoding, source), source)
    early: list[Row | BadRow] = []
    for item in objects:
        early.append(item)
        if isinstance(item, Row):
            break
    if not early:
        raise InputError(
            "{source} holds no rows. One JSON object a line was expected.", source=source
        )
    first = early[-1]
    if isinstance(first, BadRow):
        raise InputError("{early}", early=str(early[0]))
    columns = list(first.cells[0])

    def rows() -> Iterator[Row | BadRow]:
        for item in chain(early, objects):
            if isinstance(item, BadRow):
                yield item
            else:
                yield Row(item.number, item.line, [item.cells[0].get(name) for name in columns])

    return Table(source, columns, rows())


def _objects(lines: TextLines, source: str) -> Iterator[Row | BadRow]:
    number = 0
    while True:
        reason = content = ""
        try:
            content = next(lines)
            if not content.strip():
                continue
            value = json.loads(content)
            # Counted first, which is quick: few lines hold so many brackets.
            if content.count("[") + content.count("{") > 64 and is_too_deep(value):
                raise RecursionError
            if isinstance(value, dict):
                number += 1
                yield Row(number, lines.number, [value])
                continue
            reason = f"a JSON object was expected, and this is a {type(value).__name__}"
        except StopIteration:
            return
        except BadLine as bad:
            number += 1
            yield BadRow(source, number, lines.number, bad.reason, bad.cure, bad.content)
            continue
        except json.JSONDecodeError as error:
            reason = f"broken JSON at column {error.colno} ({error.msg})"
        except ValueError as error:
            reason = f"unreadable JSON ({error})"
        except RecursionError:
            reason = "JSON nested too deeply"
        number += 1
        yield BadRow(
            source,
            number,
            lines.number,
            reason,
            "Mend the line, or skip it: --on-bad-row skip",
            content[:200].strip(),
        )


def read_lines(stream: BinaryIO, source: str, *, encoding: str = "utf-8") -> Table:
    """Return the table of a stream of one text a line, in a column named text."""
    lines = TextLines(stream, encoding, source)

    def rows() -> Iterator[Row | BadRow]:
        while True:
            try:
                text = next(lines).rstrip("\r\n")
            except StopIteration:
                return
            except BadLine as bad:
                number = lines.number
                yield BadRow(source, number, number, bad.reason, bad.cure, bad.content)
            else:
                yield Row(lines.number, lines.number, [text])

    return Table(source, ["text"], rows(), has_header=False)
