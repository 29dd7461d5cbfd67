"""Numbers with their nouns and units."""

from collections.abc import Mapping

_MAX_LISTED, _MAX_SHOWN = 7, 5  # names in a list: all of up to 7; of more only 5 and the last


def count_noun(number: int, one: str, many: str | None = None) -> str:
    """Return "1 row", "2,000 rows": the number and the noun that goes with it.

    Args:
        number: int.
        one: str. The noun for one.
        many: str. The noun for another number. Defaults to `one` with an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


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
        parts.insert(_MAX_SHOWN, f"... {len(names) - _MAX_SHOWN - 1:,} more ...")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return "42 s", "9 min 31 s" or "2 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
