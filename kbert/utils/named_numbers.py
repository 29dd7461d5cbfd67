"""Numbers by name, as an option takes them: NAME=N,NAME=N."""

import csv
import math


def named_numbers(text: str) -> dict[str, float] | None:
    """Return the numbers of "NAME=N,..." by name; None for any other text.

    A name with a comma is quoted, as in a CSV file.

    Args:
        text: str.
    """
    found: dict[str, float] = {}
    for part in next(csv.reader([text], skipinitialspace=True), []):
        name, equals, value = part.rpartition("=")
        try:
            number = float(value) if equals else math.nan
        except ValueError:
            number = math.nan
        if math.isnan(number) or name in found:
            return None
        found[name] = number
    return found or None
