"""Numbers with their nouns and units."""

from collections.abc import Iterable, Mapping

from kbert.findings import Count, Joined, Message, worded

_MAX_LISTED, _MAX_SHOWN = 7, 5  # names in a list: all of up to 7; of more only 5 and the last


def count_noun(number: int, one: str, many: str | None = None) -> Count:
    """Return "1 row", "2,000 rows": the number and the noun that goes with it.

    Args:
        number: int.
        one: str. The noun for one.
        many: str. The noun for another number. Defaults to `one` with an s.
    """
    return Count(f"{{number:,}} {one}", f"{{number:,}} {many or one + 's'}", number)


def name_list(names: Iterable[str], most: int) -> Joined:
    """Return the first names in a line, with an ellipsis in place of the others.

    Args:
        names: iterable of str.
        most: int. How many to name.

    Example:

    ```python
    assert str(name_list(["good", "bad", "mixed"], 2)) == "good, bad, ..."
    ```
    """
    every = list(names)
    return Joined([*every[:most], *["..."] * (len(every) > most)])


def count_list(counts: Mapping[str, int]) -> str:
    """Return "good 60, bad 40"; of more than 7 names, only the 5 largest and the smallest.

    Args:
        counts: by name, in the order to show.
    """
    names = list(counts)
    parts = [f"{name} {counts[name]:,}" for name in names]
    if len(names) > _MAX_LISTED:
        names.sort(key=lambda name: -counts[name])
        parts = [f"{name} {counts[name]:,}" for name in (*names[:_MAX_SHOWN], names[-1])]
        parts.insert(
            _MAX_SHOWN, Message("... {number:,} more ...", number=len(names) - _MAX_SHOWN - 1)
        )
    return Joined(parts)


def duration(seconds: float) -> str:
    """Return "42 s", "9 min 31 s" or "2 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return worded("{hours} h {minutes} min", hours=hours, minutes=minutes)
    if minutes:
        return worded("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return worded("{seconds} s", seconds=rest)
