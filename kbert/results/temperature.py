"""A number that divides a model's logits, so that its probabilities match how often it is right."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kbert.findings import worded
from kbert.results.calibration_change import CalibrationChange, is_of_labels, log_losses

LEAST, MOST = 0.05, 20.0


@dataclass(frozen=True)
class Temperature:
    """The temperature of a model, fitted on labelled rows, and what it does to other rows.

        probabilities = softmax(logits / temperature)    # sigmoid, where a row has several labels

    It is the temperature with the lowest log loss on the rows, rounded to four digits. Its effect
    is measured on rows that it was not fitted on. For this, the rows of each class are divided in
    turn between two halves, the temperature of each half is used for the other, and both are scored
    together. The predicted classes stay the same.

    Args:
        value: float. 1 if none can be fitted: the lowest loss is at 0, as when all rows are
            predicted right, or nowhere.
        rows: int. The number of rows that it was fitted on.
        change: CalibrationChange. What it does to rows that it was not fitted on: the change over
            all rows, each with the temperature of the other half.
        is_fitted: bool. Whether one was found.

    Source: C. Guo et al., "On Calibration of Modern Neural Networks", 2017.

    Example:

    ```python
    logits = np.array([[2.0, -2.0]] * 8 + [[-2.0, 2.0]] * 8)  # 98% sure, and right 3 times of 4
    found = Temperature.fit(logits, np.array([0, 0, 0, 1] * 2 + [1, 1, 1, 0] * 2))
    assert abs(4 / found.value - np.log(3)) < 1e-3  # 75% sure
    ```
    """

    value: float
    rows: int
    change: CalibrationChange
    is_fitted: bool

    @classmethod
    def fit(
        cls, logits: np.ndarray, true: np.ndarray, weights: np.ndarray | None = None
    ) -> "Temperature":
        """Return the temperature of logits [rows, labels].

        Args:
            logits: float array [rows, labels].
            true: int array [rows], classes; bool or uint8 array [rows, labels], which labels a row
                has; or float array [rows, labels], the probability of each class.
            weights: float array [rows] or None. How much each row counts. Defaults to None: all
                count the same.
        """
        logits, true = np.asarray(logits, np.float64), np.asarray(true)
        shares = np.ones(len(logits)) if weights is None else np.asarray(weights, np.float64)
        found = best_temperature(logits, true, shares)
        halves = _halves(true)
        of_others = np.ones(len(logits))
        for half in (halves, ~halves):
            if found is not None and shares[half].any():
                of_others[~half] = best_temperature(logits[half], true[half], shares[half]) or 1.0
        return cls(
            value=1.0 if found is None else found,
            rows=len(logits),
            change=CalibrationChange.of(logits, true, of_others, weights),
            is_fitted=found is not None,
        )

    def told(self, rows: str) -> str:
        """Return what was found, for a person.

        Args:
            rows: str. The name of the set that it was fitted on.
        """
        if not self.is_fitted:
            return worded(
                "No temperature can be fitted on the {count:,} rows of {rows}: the probabilities "
                "stay as they are.",
                count=self.rows,
                rows=rows,
            )
        return worded(
            "Temperature {temperature:g}, fitted on the {count:,} rows of {rows}. On new rows, "
            "estimated by fitting it on each half of {rows} and scoring the other: {change}.",
            temperature=self.value,
            count=self.rows,
            rows=rows,
            change=self.change,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the temperature and the scores as plain data."""
        return {"temperature": self.value, "rows": self.rows, **self.change.to_dict()}


def best_temperature(logits: np.ndarray, true: np.ndarray, weights: np.ndarray) -> float | None:
    """Return the temperature with the lowest log loss; None if it is not in the searched range.

    Args:
        logits: float array [rows, labels].
        true: as of `Temperature.fit`.
        weights: float array [rows].
    """
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        return float(
            np.average(log_losses(logits / np.exp(log_temperature), true), weights=weights)
        )

    # The loss is convex in 1 / temperature, so it has one minimum.
    bounds = (np.log(LEAST), np.log(MOST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-7})
    # If the minimum is at a bound, the loss may be flat far into the interval.
    is_inside = found.fun < min(map(loss, bounds)) - 1e-9
    return float(f"{np.exp(found.x):.4g}") if is_inside else None


def _halves(true: np.ndarray) -> np.ndarray:
    """Return which rows are in the first half, bool [rows]: every other row of each class."""
    kinds = true
    if is_of_labels(true):
        kinds = np.unique(true, axis=0, return_inverse=True)[1].reshape(-1)
    elif true.ndim == 2:
        kinds = true.argmax(axis=1)
    first = np.zeros(len(true), bool)
    first[np.argsort(kinds, kind="stable")[::2]] = True
    return first
