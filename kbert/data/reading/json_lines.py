"""The reader of JSON Lines."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, BinaryIO

from kbert.data.reading.json_text import DECODER
from kbert.data.reading.row_text import as_object, cut
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.data.reading.text_lines import BadLine, TextLines
from kbert.errors import InputError
from kbert.findings import Cure, Problem
from kbert.utils.untrusted import is_too_deep

_CURE = Cure(note="fix the line")


def read_json_lines(
    stream: BinaryIO, source: str, *, encoding: str = "utf-8", kept: Sequence[str] = ()
) -> Table:
    """Return the table of a JSON Lines stream: an object per line, columns as in the first.

    Args:
        stream: binary stream, buffered.
        source: str. The name that messages use.
        encoding: str. Defaults to "utf-8", with or without a byte order mark.
        kept: sequence of str. Columns that may be missing in the first object. Defaults to ().
    """
    objects = _objects(TextLines(stream, encoding, source), source)
    return object_table(objects, source, kept)


def object_table(objects: Iterator[Row | BadRow], source: str, kept: Sequence[str] = ()) -> Table:
    """Return the table of rows whose only cell is an object; columns as in the first, and `kept`.

    Other names that the objects have are in the table's `late` once its rows have been read.
    """
    early: list[BadRow] = []
    first = None
    for item in objects:
        if isinstance(item, Row):
            first = item
            break
        early.append(item)
    if first is None and early:
        raise early[0].to_error()
    if first is None:
        raise InputError(
            "{source} contains no rows. JSON objects were expected, one per row.", source=source
        )
    columns = list(dict.fromkeys([*first.cells[0], *kept]))
    late: dict[str, int] = {}

    def rows() -> Iterator[Row | BadRow]:
        for item in chain(early, [first], objects):
            if isinstance(item, BadRow):
                yield item
            else:
                cells = [item.cells[0].get(name) for name in columns]
                if len(item.cells[0]) > len(columns) - cells.count(None):
                    for name in item.cells[0].keys() - set(columns):
                        late.setdefault(name, item.number)
                yield Row(item.number, item.line, cells)

    return Table(source, columns, rows(), late=late, written=partial(as_object, columns=columns))


def _objects(lines: TextLines, source: str) -> Iterator[Row | BadRow]:
    """Yield the object of each line that is not blank, as the only cell of a row."""
    number = 0
    while True:
        try:
            content = next(lines)
        except StopIteration:
            return
        except BadLine as bad:
            number += 1
            yield BadRow(source, number, lines.number, bad.problem, bad.content)
            continue
        if not content.strip():
            continue
        number += 1
        value = _parse(content)
        if isinstance(value, Problem):
            yield BadRow(source, number, lines.number, value, cut(content.strip()))
        else:
            yield Row(number, lines.number, [value])


def _parse(content: str) -> dict[str, Any] | Problem:
    try:
        value = DECODER.decode(content)
        # Counted first, which is quick: few lines have this many brackets.
        if content.count("[") + content.count("{") > 64 and is_too_deep(value):
            raise RecursionError
    except (ValueError, RecursionError) as error:
        return parse_problem(error)
    if not isinstance(value, dict):
        values = {"kind": type(value).__name__}
        return Problem("a JSON object was expected. Received: {kind}", _CURE, values)
    return value


def parse_problem(error: ValueError | RecursionError) -> Problem:
    """Return the problem of JSON that does not parse."""
    if isinstance(error, json.JSONDecodeError):
        values = {"column": error.colno, "error": error.msg}
        return Problem("broken JSON at column {column} ({error})", _CURE, values)
    if isinstance(error, RecursionError):
        return Problem("JSON nested too deeply", _CURE)
    return Problem("unreadable JSON ({error})", _CURE, {"error": error})
