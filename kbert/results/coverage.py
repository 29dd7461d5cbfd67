"""How many rows a model answers at a threshold, and how many of these it gets right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kbert.display import table
from kbert.findings import worded

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Covered:
    """The labelled rows that are answered at a threshold.

    Args:
        threshold: float. The lowest probability of the predicted class with which a row is
            answered.
        rows: int. The number of rows that are answered.
        coverage: float, 0 to 1. Their share of all rows.
        accuracy: float or None. The share of right answers among them; None if there are none.
    """

    threshold: float
    rows: int
    coverage: float
    accuracy: float | None


def coverage(
    probabilities: np.ndarray,
    classes: Sequence[int] | np.ndarray,
    thresholds: Sequence[float] = THRESHOLDS,
    weights: np.ndarray | None = None,
) -> tuple[Covered, ...]:
    """Return coverage and accuracy on labelled rows at each threshold.

        answered = max(probabilities) >= threshold
        coverage = mean(answered),  accuracy = mean(right[answered])

    Args:
        probabilities: float array [rows, classes].
        classes: int array [rows]. The true classes.
        thresholds: sequence of float. Defaults to 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99.
        weights: float array [rows] or None. How much each row counts. Defaults to None: all count
            the same.

    Example:

    ```python
    (half,) = coverage(np.array([[0.9, 0.1], [0.6, 0.4]]), [0, 1], [0.8])
    assert (half.coverage, half.accuracy) == (0.5, 1.0)
    ```
    """
    shares = np.asarray(probabilities)
    confident, right = shares.max(axis=1), shares.argmax(axis=1) == np.asarray(classes)
    each = np.ones(len(right)) if weights is None else np.asarray(weights, np.float64)
    found = []
    for threshold in thresholds:
        answered = confident >= threshold
        mass = each[answered].sum()
        accuracy = float(np.average(right[answered], weights=each[answered])) if mass else None
        share = float(mass / each.sum())
        found.append(Covered(float(threshold), int(answered.sum()), share, accuracy))
    return tuple(found)


def useful_threshold(found: Sequence[Covered]) -> float | None:
    """Return the highest threshold that leaves some rows without an answer, but not most.

    If every such threshold leaves most rows without an answer, it is the highest that answers any
    row. It is None if no threshold answers some rows and not others.

    Args:
        found: sequence of Covered, from `coverage`.
    """
    some = [one for one in found if one.rows and one.coverage < 1]
    half = [one for one in some if one.coverage >= 0.5]
    return max((one.threshold for one in half or some), default=None)


def coverage_table(found: Sequence[Covered]) -> str:
    """Return the table for a terminal."""
    lines = [[worded("threshold"), worded("coverage"), worded("accuracy"), worded("rows")]]
    for one in found:
        accuracy = "" if one.accuracy is None else f"{one.accuracy:.4f}"
        lines.append([f"{one.threshold:g}", f"{one.coverage:.4f}", accuracy, f"{one.rows:,}"])
    return table(lines, left=())
