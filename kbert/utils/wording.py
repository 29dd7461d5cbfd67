"""Numbers with their nouns and units."""


def count_noun(number: int, one: str, many: str | None = None) -> str:
    """Return "1 row", "2,000 rows": the number and the noun that goes with it.

    Args:
        number: int.
        one: str. The noun for one.
        many: str. The noun for another number. Defaults to `one` with an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Return "42 s", "9 min 31 s" or "2 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
