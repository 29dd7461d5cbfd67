"""Numbers with their nouns and units."""

from collections.abc import Mapping
from typing import Any

from kbert.findings import Message, worded, words

_MAX_LISTED, _MAX_SHOWN = 7, 5  # names in a list: all of up to 7; of more only 5 and the last


class _Count(Message):
    """A number and its noun, which is worded when it is shown."""

    nouns: tuple[str, str]

    def __new__(cls, number: int, one: str, many: str) -> "_Count":
        message = str.__new__(cls, f"{number:,} {one if number == 1 else many}")
        message.template, message.values = f"{{number:,}} {one}", {"number": number}
        message.nouns = one, many
        return message

    def __str__(self) -> str:
        number: Any = self.values["number"]
        many = f"{{number:,}} {self.nouns[1]}"
        return words().number(self.template, many, number).format(number=number)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.values["number"], *self.nouns), {}


def count_noun(number: int, one: str, many: str | None = None) -> Message:
    """Return "1 row", "2,000 rows": the number and the noun that goes with it.

    Args:
        number: int.
        one: str. The noun for one.
        many: str. The noun for another number. Defaults to `one` with an s.
    """
    return _Count(number, one, many or one + "s")


def count_list(counts: Mapping[str, int]) -> str:
    """Return "good 60, bad 40"; of more than 7 names the 5 largest, and the smallest.

    Args:
        counts: by name, in the order to show.
    """
    names = list(counts)
    parts = [f"{name} {counts[name]:,}" for name in names]
    if len(names) > _MAX_LISTED:
        names.sort(key=lambda name: -counts[name])
        parts = [f"{name} {counts[name]:,}" for name in (*names[:_MAX_SHOWN], names[-1])]
        parts.insert(
            _MAX_SHOWN, worded("... {number:,} more ...", number=len(names) - _MAX_SHOWN - 1)
        )
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return "42 s", "9 min 31 s" or "2 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return worded("{hours} h {minutes} min", hours=hours, minutes=minutes)
    if minutes:
        return worded("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return worded("{seconds} s", seconds=rest)
