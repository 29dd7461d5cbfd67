"""Whether a model's probabilities match how often it is right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """How often predictions of about the same probability are right.

        ece   = sum(share[bin] * abs(accuracy[bin] - confidence[bin]))
        brier = mean(sum((probabilities - one_hot(class)) ** 2))

    Args:
        confidence: tuple of float. The mean probability of the predicted class in each bin that
            has rows, in ascending order.
        accuracy: tuple of float. The share of right predictions in each of these bins.
        rows: tuple of int. The number of rows in each of them.
        ece: float, 0 to 1. The expected calibration error.
        brier: float, 0 to 2. The Brier score; lower is better.

    Source: C. Guo et al., "On Calibration of Modern Neural Networks", 2017; G. W. Brier,
    "Verification of Forecasts Expressed in Terms of Probability", 1950.

    Example:

    ```python
    found = Calibration.of(np.array([[0.8, 0.2]] * 5), np.array([0, 0, 0, 0, 1]))
    assert found.rows == (5,) and round(found.ece, 6) == 0.0
    ```
    """

    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    rows: tuple[int, ...]
    ece: float
    brier: float

    @classmethod
    def of(
        cls,
        probabilities: np.ndarray,
        classes: Sequence[int] | np.ndarray,
        bins: int = BINS,
        weights: np.ndarray | None = None,
    ) -> "Calibration":
        """Return the calibration of probabilities [rows, classes] for the true classes [rows].

        Args:
            probabilities: float array [rows, classes].
            classes: int array [rows].
            bins: int. Intervals of the same width between 0 and 1. Defaults to 15.
            weights: float array [rows] or None. How much each row counts. Defaults to None: all
                count the same.
        """
        shares = np.asarray(probabilities, np.float64)
        true = np.asarray(classes)
        predicted = shares.argmax(axis=1)
        confident, right = shares.max(axis=1), predicted == true
        each = np.ones(len(true)) if weights is None else np.asarray(weights, np.float64)
        numbers = np.minimum((confident * bins).astype(int), bins - 1)
        rows = np.bincount(numbers, minlength=bins)
        mass = np.bincount(numbers, each, bins)
        used = mass > 0
        confidence = np.bincount(numbers, each * confident, bins)[used] / mass[used]
        accuracy = np.bincount(numbers, each * right, bins)[used] / mass[used]
        of_true = shares[np.arange(len(true)), true]
        brier = (shares**2).sum(axis=1) - of_true**2 + (1 - of_true) ** 2
        return cls(
            confidence=tuple(confidence.tolist()),
            accuracy=tuple(accuracy.tolist()),
            rows=tuple(rows[used].tolist()),
            ece=float(np.average(abs(accuracy - confidence), weights=mass[used])),
            brier=float(np.average(brier, weights=each)),
        )

    @classmethod
    def of_labels(
        cls, probabilities: np.ndarray, true: np.ndarray, weights: np.ndarray | None = None
    ) -> "Calibration":
        """Return the calibration if a row can have several labels.

        Whether a row has a label is a separate answer, yes or no, and all answers count the same.
        `confidence` is the probability of the likelier answer.

        Args:
            probabilities: float array [rows, labels].
            true: array [rows, labels], above 0 for the labels that a row has.
            weights: float array [rows] or None. Defaults to None: all rows count the same.

        Example:

        ```python
        found = Calibration.of_labels(np.array([[0.8, 0.2]]), np.array([[1, 0]]))
        assert found.rows == (2,) and round(found.ece, 6) == 0.2
        ```
        """
        yes = np.asarray(probabilities, np.float64).reshape(-1)
        each = None if weights is None else np.repeat(weights, np.shape(true)[1])
        answers = (np.asarray(true) > 0).reshape(-1).astype(int)
        return cls.of(np.stack([1 - yes, yes], axis=1), answers, weights=each)
