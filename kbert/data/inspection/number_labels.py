"""Labels that are numbers, but are trained as classes."""

import re
import unicodedata
from collections import defaultdict
from fractions import Fraction

from kbert.data.inspection.inspection import Inspection
from kbert.findings import Cure, Finding, Joined
from kbert.targets.label_keys import number_of

_MAX_SCORES = 10  # numbers that may be names of classes, such as versions, grades or stars
# As in 2.5, 2,5, 25.5 %, $2.50, 2.5 stars or 2.5/5.
_QUANTITY = re.compile(r"[^\w+.,-]*(?P<number>[+-]?[\d.,]*\d)\s*(?P<unit>[^\d].*|)")
_GROUPED = Cure(note="group the scores into a few classes, such as low, medium and high")


def labels_are_numbers(facts: Inspection) -> Finding | None:
    """Return the finding that many labels are numbers, which classes do not compare.

    Whole numbers from 0 or 1 on without a gap are nearly always the ids of classes.
    """
    if facts.target == "ordered":
        return None
    numbers = _numbers(list(facts.classes))
    if len(numbers) <= _MAX_SCORES:
        return None
    values = {
        "numbers": len(numbers),
        "classes": len(facts.classes),
        "names": Joined(list(facts.classes)[:3]),
    }
    if any(number.denominator > 1 for number in numbers):
        return Finding(
            "labels-are-numbers",
            "warning",
            "{numbers} of {classes} labels are numbers, some with fractions ({names}, ...): they "
            "look like scores, but are trained as classes: 2.4 and 2.5 are as different as any "
            "two.",
            Cure(
                {"target": "regression"},
                note="with numbers and nothing else in the column",
                otherwise=(_GROUPED,),
            ),
            values,
        )
    first, last = min(numbers), max(numbers)
    are_ids = first in (0, 1) and last - first + 1 == len(numbers)
    return Finding(
        "labels-are-numbers",
        "info" if are_ids else "warning",
        "{numbers} of {classes} labels are whole numbers ({names}, ...), and are trained as "
        "classes: 7 and 8 are as different as any two.",
        Cure(
            {"target": "regression"},
            note="if they are amounts; none needed if they are ids of classes",
        ),
        values,
    )


def _numbers(names: list[str]) -> list[Fraction]:
    """Return the numbers among the names, those of the most frequent unit."""
    by_unit = defaultdict(list)
    for name in names:
        number, unit = number_of(name), ""
        found = _QUANTITY.fullmatch(unicodedata.normalize("NFKC", name).strip())
        if number is None and found is not None:
            number, unit = number_of(found["number"]), found["unit"]
        if number is not None:
            sign, digits, exponent = number
            if abs(exponent) < 100:  # no power that fills the memory
                by_unit[unit].append(int(sign + digits) * Fraction(10) ** exponent)
    return max(by_unit.values(), key=len, default=[])
