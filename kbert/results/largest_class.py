"""Whether a model is better than always answering the largest class."""

import math

from kbert.findings import Cure, Finding, Option, Text
from kbert.results.evaluation import Evaluation

CODE = "no-better-than-one-class"

# With fewer rows, even a good model can look like chance.
_MIN_OTHER_ROWS = 5  # of the classes other than the largest, if the model predicts one class
_MIN_ROWS = 50  # if it predicts several


def largest_class_finding(name: str, scores: Evaluation, when: Text) -> Finding | None:
    """Return the finding that a model is no better than always answering the largest class.

    It is no better if its accuracy on the first set is not above the share of the largest class,
    and either it predicts one class for all rows, or its correlation with the labels may be chance:
    an MCC below `1 / sqrt(rows)`. A model that finds some rows of a rare class, at the cost of the
    same number of rows of the largest class, has a higher MCC.

    Args:
        name: str. The set.
        scores: Evaluation.
        when: str. When the evaluation took place, for a person.
    """
    shares = {c: c.rows / scores.rows if c.share is None else c.share for c in scores.classes}
    largest = max(scores.classes, key=lambda one: (shares[one], one.recall))
    share = shares[largest]
    others = scores.rows - largest.rows
    if others < _MIN_OTHER_ROWS or scores.accuracy > share:
        return None
    only = _only_class(scores)
    if only is None and (scores.rows < _MIN_ROWS or scores.mcc * scores.rows**0.5 >= 1):
        return None
    return Finding(
        CODE,
        "warning",
        "The model is no better than always answering the largest class ({largest!r}, {share:.4f} "
        "of {name}): at its best, in {when}, its accuracy is {accuracy:.4f}, "
        + (
            "with an MCC of {mcc:.4f}, as by chance."
            if only is None
            else "and it predicts {only!r} for all {rows:,} rows."
        ),
        Cure(
            note="more {epochs}, or a {rate} of 2e-5 to 5e-5; if that does not help, check "
            "whether the labels belong to the texts",
            values={"epochs": Option("epochs"), "rate": Option("learning_rate")},
        ),
        {
            "largest": largest.label,
            "share": share,
            "name": name,
            "when": when,
            "accuracy": scores.accuracy,
            "mcc": scores.mcc,
            "only": only,
            "rows": scores.rows,
        },
    )


def _only_class(scores: Evaluation) -> str | None:
    """Return the class that is predicted for all rows, if some of them are of that class."""
    right = [one for one in scores.classes if one.recall > 0]
    # All rows of one class are found, and its precision is the accuracy over all rows.
    if len(right) != 1 or right[0].recall < 1:
        return None
    return right[0].label if math.isclose(right[0].precision, scores.accuracy) else None
