"""Linear models of texts with several labels each, or none."""

from typing import Any

import numpy as np

from kbert.linear.linear_model import LinearModel
from kbert.linear.single_label import SingleLabel


class MultiLabel:
    """A separate logistic regression for each label: targets [rows, labels] of 0 and 1.

    The outputs are logits. See `LinearTarget`.

    Args:
        outputs: int. The number of labels.
    """

    copies = 1

    def __init__(self, outputs: int) -> None:
        self.outputs = outputs
        self._one = SingleLabel(2)

    def fit(
        self, features: Any, targets: np.ndarray, weights: np.ndarray | None, strength: float
    ) -> LinearModel:
        """Return the logistic regressions; a label that all rows or no rows have is constant."""
        models = [self._one.fit(features, has.astype(int), weights, strength) for has in targets.T]
        return LinearModel(
            np.stack([model.coefficients @ (-1, 1) for model in models], axis=1),
            np.array([model.intercepts @ (-1, 1) for model in models]),
        )

    def constant(self, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Return the logit of each label's share; at 0 or 1, half a row counts as the opposite."""
        each = [self._one.constant(has.astype(int), weights) @ (-1, 1) for has in targets.T]
        return np.array(each)

    def losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the binary cross-entropy of each row, the mean over its labels."""
        return np.asarray((np.logaddexp(0, outputs) - targets * outputs).mean(axis=1))
