"""The time in a cell of a table, by which the latest rows are set aside."""

import datetime
import re
from typing import Any, Literal

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure, Option, Problem
from kbert.utils.cell_values import describe, is_missing, plain, to_number

TimeKind = Literal["a number", "a date", "a date with a time zone"]

_CURE = Cure(
    note="write a date as in ISO 8601, such as 2024-05-31 or 2024-05-31T18:00:00Z, or a number",
    otherwise=(Cure({"split_by_time": "NAME"}, note="if another column holds the times"),),
)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)


def read_time(value: Any, column: str, encoding: str = "utf-8") -> tuple[TimeKind, float] | Problem:
    """Return a cell as a time, or why it cannot be used.

    Args:
        value: the cell: a number, a date, or a text that is one: ISO 8601, or a month such
            as 2024-05.
        column: str. The name of its column.
        encoding: str. The encoding of a cell that is bytes. Defaults to "utf-8".

    Returns:
        Its kind, and a number that grows with time; for a date, the microseconds since 1970, in
        UTC if it has a time zone.

    Example:

    ```python
    assert read_time("1970-01-02", "date") == ("a date", 86_400_000_000)
    assert str(read_time("May", "date")).startswith("the time (column 'date') is neither a date")
    ```
    """
    value = plain(value)
    if isinstance(value, bytes):
        value = value.decode(encoding, "replace")
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return Problem("the time (column {column!r}) is missing", _CURE, {"column": column})
    number = to_number(value)
    if number is not None:
        return "a number", number
    date = _date(value)
    if date is not None:
        kind: TimeKind = "a date"
        if date.tzinfo is not None:
            kind = "a date with a time zone"
        # Computed as a difference: the time in UTC may be before the year 1, or after 9999.
        offset = date.utcoffset() or datetime.timedelta()
        return kind, (date.replace(tzinfo=None) - _EPOCH - offset) // _MICROSECOND
    shown = value.strip() if isinstance(value, str) else describe(value).shown
    return Problem(
        "the time (column {column!r}) is neither a date nor a number: {shown:.60}",
        _CURE,
        {"column": column, "shown": shown},
    )


def _date(value: Any) -> datetime.datetime | None:
    """Return a date, or a text that is one; None for anything else."""
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, str):
        text = value.strip()
        try:
            return datetime.datetime.fromisoformat(text + "-01" * bool(_MONTH.fullmatch(text)))
        except ValueError:
            return None
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    return None


class TimesOfRows:
    """The times of rows, which have to be of one kind to be compared.

    Args:
        column: str. The name of their column.
    """

    def __init__(self, column: str) -> None:
        self._column = column
        self._first: dict[TimeKind, str] = {}
        self._values: list[float] = []

    def add(self, time: tuple[TimeKind, float], place: str) -> None:
        """Add the time of the row at this place."""
        kind, value = time
        self._first.setdefault(kind, place)
        self._values.append(value)

    def array(self, source: str) -> np.ndarray:
        """Return the times as float64 or datetime64[us] [rows], or raise InputError."""
        if len(self._first) > 1:
            (kind, place), (other, its_place) = [*self._first.items()][:2]
            raise InputError(
                "{source}: the times (column {column!r}) cannot be compared: that of {place} is "
                "{kind}, that of {its_place} {other}.",
                source=source,
                column=self._column,
                place=place,
                kind=kind,
                its_place=its_place,
                other=other,
                cure=Cure(note="write all in one way"),
            )
        if "a number" in self._first:
            return np.array(self._values, np.float64)
        return np.array(self._values, np.int64).astype("datetime64[us]")


def checked_times(times: Any, rows: int) -> np.ndarray:
    """Return times as float64 or datetime64[us] [rows], or raise InputError if they are not."""
    found = np.asarray(times)
    is_sound = found.shape == (rows,) and found.dtype.kind in "iufM"
    if not is_sound or (np.isnat(found) if found.dtype.kind == "M" else ~np.isfinite(found)).any():
        raise InputError(
            "{option} must be {rows:,} numbers or NumPy's dates, one per row, none missing. "
            "Received: {received}",
            option=Option("times"),
            rows=rows,
            received="a missing one"
            if is_sound
            else f"shape {list(found.shape)}, dtype {found.dtype}",
        )
    return found.astype("datetime64[us]" if found.dtype.kind == "M" else np.float64)
