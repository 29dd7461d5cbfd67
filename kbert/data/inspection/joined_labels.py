"""Labels that are several, with a separator between."""

from collections import Counter

from kbert.data.inspection.inspection import Inspection
from kbert.findings import Cure, Finding

_SEPARATORS = ";|,"
_MIN_JOINED = 3
_SHARE = 0.9  # of the parts


def joined_labels(facts: Inspection) -> Finding | None:
    """Return the finding that names of labels are several, each of which occurs in others too."""
    for separator in _SEPARATORS:
        parts = {
            name: {part.strip() for part in name.split(separator)} - {""} for name in facts.classes
        }
        joined = [name for name, of_name in parts.items() if len(of_name) > 1]
        uses = Counter(part for of_name in parts.values() for part in of_name)
        # A name with a comma, or a path such as sports|football, has a part of its own.
        shared = [uses[part] > 1 for name in joined for part in parts[name]]
        if len(joined) >= _MIN_JOINED and sum(shared) >= _SHARE * len(shared):
            return Finding(
                "labels-joined",
                "warning",
                "{joined:,} of {labels:,} labels are several with {separator!r} between, such as "
                "{name!r}, and are trained as one each.",
                Cure({"label_separator": separator}),
                {
                    "joined": len(joined),
                    "labels": len(facts.classes),
                    "separator": separator,
                    "name": joined[0],
                },
            )
    return None
