"""What lies above the rows of a delimited file, and what programs put there."""

import re
from collections.abc import Sequence
from typing import Any

from kbert.data.reading.columns import LABEL_NAMES, TEXT_NAMES
from kbert.data.reading.rows import BadRow, Row
from kbert.data.reading.text_lines import TextLines
from kbert.errors import InputError
from kbert.findings import Cure

# Excel writes and reads it; when it saves the file again, delimiters follow.
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<mark>\\t|[^"\r\n])"?[\s,;]*', re.IGNORECASE)
_DELIMITERS = ",;\t|"
_OTHER_NAMES = ("id", "idx", "index", "uid", "guid", "split", "lang", "language", "date")


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
        what=f"only its first field is filled ({names[0][:40]!r})" if names[0] else "it is empty",
        filled=most,
        cure=Cure(note="delete the lines above the header"),
    )


def check_is_no_table(line: str, source: str) -> None:
    """Raise InputError where the first line of a text file is the header of a table."""
    for mark, format in (("\t", "tsv"), (",", "csv"), (";", "csv")):
        names = [name.strip('"').casefold() for name in column_names(line.split(mark))]
        known = set(names) & {*TEXT_NAMES, *LABEL_NAMES, *_OTHER_NAMES}
        if len(known) > 1 and known & set(TEXT_NAMES) and len(set(names)) == len(names):
            settings = {"format": format, **({"delimiter": mark} if mark == ";" else {})}
            raise InputError(
                "{source} would be read as one text per line, but its first line is the header of "
                "a table: {line!r}.",
                source=source,
                line=line.strip()[:80],
                cure=Cure(settings),
            )
