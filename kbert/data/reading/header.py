"""What lies above the rows of a delimited file, and what programs put there."""

import csv
import itertools
import re
from collections.abc import Sequence
from typing import Any

from kbert.data.reading.common_names import LABEL_NAMES, TEXT_NAMES
from kbert.data.reading.rows import BadRow, Row
from kbert.data.reading.text_lines import TextLines
from kbert.errors import InputError
from kbert.findings import Cure, Message

# Excel writes and reads this line; when it saves the file again, delimiters follow it.
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<mark>\\t|[^"\r\n])"?[\s,;]*', re.IGNORECASE)
_DELIMITERS = ",;\t|"
_FORMATS = {
    "\t": {"format": "tsv"},
    ",": {"format": "csv"},
    ";": {"format": "csv", "delimiter": ";"},
}
LINES_LOOKED_AT = 20  # in a file of lines
LINES_BELOW = 5  # looked at below a title
_MIN_SHARE = 0.7  # of the lines, some of which may be parts of a quoted field
_OTHER_NAMES = ("id", "idx", "index", "uid", "guid", "split", "lang", "language", "date")
_KNOWN = {*TEXT_NAMES, *LABEL_NAMES, *_OTHER_NAMES}


def take_separator_line(lines: TextLines) -> str | None:
    """Skip Excel's first line, such as `sep=;`, and return the delimiter that it names."""
    found = _SEPARATOR_LINE.fullmatch(lines.peek() or "")
    if found is None:
        return None
    next(lines)
    return "\t" if found["mark"] == r"\t" else found["mark"]


def column_names(cells: Sequence[Any]) -> list[str]:
    """Return the names in a header, without blanks around them."""
    return [str(cell).strip("\ufeff\u200b").strip() for cell in cells]


def check_quoted_names(line: str, number: int, source: str) -> None:
    """Raise InputError if a header of quoted names is broken only because of the delimiter.

    Args:
        line: str. The header.
        number: int. The number of its line, from 1.
        source: str. The name that messages use.
    """
    for mark, settings in _FORMATS.items():
        try:
            names = column_names(next(csv.reader([line], delimiter=mark, strict=True)))
        except (csv.Error, StopIteration):
            continue
        if len(names) > 1 and all(names):
            raise InputError(
                "{source}, header (line {line}): its quoted fields seem to be separated by "
                "{other}.",
                source=source,
                line=number,
                other={"\t": Message("tabs"), ",": Message("commas")}.get(mark, repr(mark)),
                cure=Cure(settings),
            )


def check_is_no_title(header: Row, following: Sequence[Row | BadRow], source: str) -> None:
    """Raise InputError where the first row is a title or empty, and not the header.

    Args:
        header: Row. The first row.
        following: the two rows after it, or fewer.
        source: str. The name that messages use.
    """
    names, rows = column_names(header.cells), [r for r in following if isinstance(r, Row)]
    filled = [len(list(filter(None, column_names(row.cells)))) for row in rows]
    most = max(filled, default=0)
    if any(names[1:]) or most < 2:
        return
    if names[0].casefold() in (*TEXT_NAMES, *LABEL_NAMES):
        return
    if len(names) == 1:
        # One field above rows of several: a title, or texts that lack their quotes.
        widths = {len(row.cells) for row in rows}
        if len(rows) < 2 or len(widths) > 1 or any(mark in names[0] for mark in _DELIMITERS):
            return
    raise InputError(
        "{source}, line {line}: this is not a header: {what}, and rows below it fill {filled} "
        "fields.",
        source=source,
        line=header.line,
        what=Message("only its first field is filled ({first!r})", first=names[0][:40])
        if names[0]
        else Message("it is empty"),
        filled=most,
        cure=Cure(note="delete the lines above the header"),
    )


def check_header_is_not_below(
    header: Row, following: Sequence[Row | BadRow], source: str, delimiter: str
) -> None:
    """Raise InputError if a row below the first has column names, perhaps with another delimiter.

    Args:
        header: Row. The first row, which is then a title.
        following: the `LINES_BELOW` rows after it, or fewer.
        source: str. The name that messages use.
        delimiter: str. The one that the fields were split at, which may differ from the file's.
    """
    names = column_names(header.cells)
    if {name.casefold() for name in names} & _KNOWN:
        return
    for row in following:
        if isinstance(row, BadRow):
            continue
        for mark in (delimiter, *_FORMATS):
            cells = delimiter.join(row.cells).split(mark)
            shown = [name.strip('"') for name in column_names(cells)]
            below = [name.casefold() for name in shown]
            known = set(below) & _KNOWN
            if len(set(below)) < len(below):
                continue
            if (len(known) < 2 or not known & set(TEXT_NAMES)) and not (
                row is following[0] and mark != delimiter and _is_title_above(names, cells)
            ):
                continue
            if mark == delimiter and len(list(filter(None, names))) >= len(below):
                continue  # a row of such words, below a header with other names
            settings = {} if mark == delimiter else _FORMATS[mark]
            raise InputError(
                "{source}, line {title_line}: this is not a header: {title!r}; line {line} is, "
                "with the names {below}.",
                source=source,
                title_line=header.line,
                line=row.line,
                below=", ".join(map(repr, shown))[:80],
                title=delimiter.join(names).strip(delimiter)[:40],
                cure=Cure(
                    settings,
                    note=("after you " if settings else "") + "delete the lines above the header",
                ),
            )


def _is_title_above(names: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a line without any delimiter is above one of several names, whatever these are."""
    if len(names) > 1 or any(one in names[0] for one in _DELIMITERS):
        return False
    cells = [name.strip(' "') for name in below]
    return len(cells) > 2 and all(cell and len(cell.split()) <= 3 for cell in cells)


def check_is_no_table(line: str, source: str) -> None:
    """Raise InputError where the first line of a text file is the header of a table."""
    for mark, settings in _FORMATS.items():
        names = [name.strip('"').casefold() for name in column_names(line.split(mark))]
        known = set(names) & _KNOWN
        if len(known) > 1 and known & set(TEXT_NAMES) and len(set(names)) == len(names):
            raise InputError(
                "{source} would be read as one text per line, but its first line is the header of "
                "a table: {line!r}.",
                source=source,
                line=line.strip()[:80],
                cure=Cure(settings),
            )


def check_are_no_fields(lines: Sequence[str], source: str) -> None:
    """Raise InputError where the first lines of a text file are those of a table.

    They are if one has short names, whatever these are, and most lines below have as many fields.

    Args:
        lines: sequence of str. The first lines of a file.
        source: str. The name that messages use.
    """
    for first, mark in itertools.product(range(len(lines) - LINES_BELOW), "\t;|"):
        names = [name.strip(' "') for name in lines[first].split(mark)]
        if len(names) < 2 or len(set(names)) < len(names) or not all(map(_is_name, names)):
            continue
        below = lines[first + 1 :]
        alike = [line for line in below if line.count(mark) == len(names) - 1]
        if len(alike) >= _MIN_SHARE * len(below) and first <= LINES_BELOW:
            raise InputError(
                "{source} would be read as one text per line, but its lines have {count} fields "
                "each, and line {number} has their names: {line!r}.",
                source=source,
                count=len(names),
                number=first + 1,
                line=lines[first].strip()[:80],
                cure=Cure(
                    _FORMATS.get(mark, {"format": "csv", "delimiter": mark}),
                    note="after you delete the lines above the header" if first else "",
                ),
            )


def _is_name(cell: str) -> bool:
    return bool(cell) and len(cell.split()) <= 3 and len(cell) <= 30 and cell[-1] not in ".!?"
