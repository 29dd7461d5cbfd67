"""The reader of .json files: an array of objects, JSON Lines, or the columns of a data frame."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO

from kbert.data.reading.json_lines import object_table
from kbert.data.reading.json_text import JsonText
from kbert.data.reading.row_text import as_json, cut
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Problem
from kbert.utils.untrusted import MAX_LINE, is_too_deep

_MAX_WHOLE = 2**26  # characters of JSON that is not read row by row


def read_json_table(
    stream: BinaryIO, source: str, *, encoding: str = "utf-8", kept: Sequence[str] = ()
) -> Table:
    """Return the table of a JSON stream.

    The stream holds an array of objects, which are read one by one; objects one after the other; or
    one object with the columns or rows of a data frame, in any of the forms that `to_json` of
    pandas writes.

    Args:
        stream: binary stream, buffered.
        source: str. The name that messages use.
        encoding: str. Defaults to "utf-8", with or without a byte order mark.
        kept: sequence of str. Columns that may be missing in the first object. Defaults to ().
    """
    text = JsonText(stream, encoding, source)
    first = text.next_character()
    if first == "[":
        text.take(1)
        return object_table(_elements(text, source), source, kept)
    if first not in ("{", ""):
        raise InputError(
            "{source} is not JSON: it begins with {found!r}.",
            source=source,
            found=text.beginning(),
            cure=Cure({"format": "csv"}, note="or the format that the file has"),
        )
    early = []
    if first:
        line, value = text.line, text.value(_MAX_WHOLE)
        if not text.next_character() and _holds_a_table(value):
            return _table(value, source, kept)
        if not text.next_character():
            _check_is_a_row(value, source)
        early.append(_row(1, line, value, source))
    return object_table(chain(early, _objects(text, source)), source, kept)


def _elements(text: JsonText, source: str) -> Iterator[Row | BadRow]:
    """Yield the objects of an array."""
    number = 0
    while (character := text.next_character("," if number else "")) != "]":
        if character == "":
            raise InputError(
                "{source} ends inside its array, after {number} rows.",
                source=source,
                number=number,
                cure=Cure(note="it may be incomplete: copy or export it again"),
            )
        number, line = number + 1, text.line
        yield _row(number, line, text.value(MAX_LINE), source)
    text.take(1)
    if text.next_character():
        raise InputError(
            "{source}, line {line}: there is more after the array.",
            source=source,
            line=text.line,
            cure=Cure(note="keep one array, or write JSON Lines"),
        )


def _objects(text: JsonText, source: str) -> Iterator[Row | BadRow]:
    """Yield the objects that follow the first."""
    number = 1
    while text.next_character():
        number, line = number + 1, text.line
        yield _row(number, line, text.value(MAX_LINE), source)


def _row(number: int, line: int, value: Any, source: str) -> Row | BadRow:
    if isinstance(value, dict) and not is_too_deep(value):
        return Row(number, line, [value])
    template = "a JSON object was expected. Received: {kind}"
    problem = Problem(template, Cure(note="fix the row"), {"kind": type(value).__name__})
    return BadRow(source, number, line, problem, cut(as_json(value)))


def _check_is_a_row(value: Any, source: str) -> None:
    """Raise InputError if an object holds the rows in a list, beside values of another kind."""
    parts = value.items() if isinstance(value, dict) else ()
    lists = [name for name, part in parts if isinstance(part, list) and _all(part, dict)]
    has_text = any(isinstance(part, str) and " " in part for _, part in parts)
    if len(lists) == 1 and len(value[lists[0]]) > 1 and not has_text:
        raise InputError(
            "{source} holds one JSON object, whose list {name!r} seems to hold the rows. An array "
            "of objects was expected.",
            source=source,
            name=lists[0],
            cure=Cure(
                note="save that list alone, as a .json file, or as CSV: {code}",
                values={"code": _as_csv(source, lists[0])},
            ),
        )


def _as_csv(source: str, name: str) -> str:
    """Return Python code that writes the rows in an object's list, with their values as columns."""
    data = f"json.loads(pathlib.Path({source!r}).read_bytes())"
    return f"pandas.json_normalize({data}, {name!r}).to_csv('rows.csv', index=False)"


def _holds_a_table(value: Any) -> bool:
    """Whether an object holds columns or rows, and is not a row itself."""
    if not isinstance(value, dict) or not value:
        return False
    return all(isinstance(part, (list, dict)) for part in value.values())


def _table(value: dict[str, Any], source: str, kept: Sequence[str]) -> Table:
    """Return the table in one object, in any of the forms in which data frames are written."""
    records = [part for part in value.values() if isinstance(part, list) and _all(part, dict)]
    if len(records) == 1:  # orient="table", and what many APIs return
        return object_table(_rows(records[0], source), source, kept)
    names: Any = value.get("columns")
    rows: Any = value.get("data")
    is_split = isinstance(names, list) and isinstance(rows, list) and _all(rows, list)
    if is_split and all(len(row) == len(names) for row in rows):  # orient="split"
        return Table(source, list(map(str, names)), _cells(rows))
    if _all(value.values(), list) and len({len(part) for part in value.values()}) == 1:
        return Table(source, list(value), _cells(zip(*value.values(), strict=True)))
    parts = list(value.values())
    if _all(parts, dict) and all(part.keys() == parts[0].keys() for part in parts):
        if all(name.isdigit() for name in value):  # orient="index"
            return object_table(_rows(parts, source), source, kept)
        columns = [part.values() for part in parts]
        return Table(source, list(value), _cells(zip(*columns, strict=True)))
    raise InputError(
        "{source} holds one JSON object ({names}), in which the rows could not be found. An array "
        "of objects was expected.",
        source=source,
        names=Joined(map(repr, list(value)[:6])),
        cure=Cure(note="save the rows as JSON Lines: one object per line, in a .jsonl file"),
    )


def _rows(records: list[Any], source: str) -> Iterator[Row | BadRow]:
    return (_row(number, 0, record, source) for number, record in enumerate(records, start=1))


def _cells(rows: Any) -> Iterator[Row | BadRow]:
    return (Row(number, 0, cells) for number, cells in enumerate(rows, start=1))


def _all(values: Any, kind: type) -> bool:
    return len(values) > 0 and all(isinstance(value, kind) for value in values)
