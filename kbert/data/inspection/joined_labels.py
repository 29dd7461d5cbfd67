"""Labels that are several labels joined by a separator."""

import re
from collections import Counter

from kbert.data.inspection.inspection import Inspection
from kbert.findings import Cure, Finding

_SEPARATORS = (";", "|", ",", "/", "+", "&", "；", "，", "、")
_MIN_JOINED = 3
_SHARE = 0.9  # of the parts
_DECIMAL = re.compile(r"[+-]?\d+,\d+")


def joined_labels(facts: Inspection) -> Finding | None:
    """Return the finding that labels are several names joined, which also occur in others."""
    for separator in _SEPARATORS:
        parts = {
            name: {part.strip() for part in name.split(separator)} - {""} for name in facts.classes
        }
        joined = [name for name, of_name in parts.items() if len(of_name) > 1]
        if all(_DECIMAL.fullmatch(name) for name in joined):
            continue  # without `target` they are refused; with it, they are names such as versions
        uses = Counter(part for of_name in parts.values() for part in of_name)
        # A name with a comma, or a path such as sports|football, has a part that no other name has.
        shared = [uses[part] > 1 for name in joined for part in parts[name]]
        if len(joined) >= _MIN_JOINED and sum(shared) >= _SHARE * len(shared):
            return Finding(
                "labels-joined",
                "warning",
                "{joined:,} of {labels:,} labels are several joined by {separator!r}, such as "
                "{name!r}, but each is trained as one label.",
                Cure({"label_separator": separator}),
                {
                    "joined": len(joined),
                    "labels": len(facts.classes),
                    "separator": separator,
                    "name": joined[0],
                },
            )
    return None
