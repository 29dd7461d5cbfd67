"""Numbers with their nouns."""


def count_noun(number: int, one: str, many: str | None = None) -> str:
    """Return "1 row", "2,000 rows": the number and the noun that goes with it.

    Args:
        number: int.
        one: str. The noun for one.
        many: str. The noun for another number. Defaults to `one` with an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
