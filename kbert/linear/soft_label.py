"""Linear models of texts with a probability of each class."""

from typing import Any

import numpy as np

from kbert.linear.linear_model import LinearModel
from kbert.linear.single_label import SingleLabel

_MOST = 8


class SoftLabel:
    """Logistic regression of probabilities [rows, classes]; the outputs are logits.

    A row counts once for each of its 8 likeliest classes, weighted by the probability of the class.
    The loss of these copies together is the cross-entropy of the probabilities. See `LinearTarget`.

    Args:
        outputs: int. The number of classes.
    """

    def __init__(self, outputs: int) -> None:
        self.outputs = outputs
        self.copies = min(outputs, _MOST)
        self._one = SingleLabel(outputs)

    def fit(
        self, features: Any, targets: np.ndarray, weights: np.ndarray | None, strength: float
    ) -> LinearModel:
        """Return the multinomial logistic regression of the rows, repeated for their classes."""
        classes = np.argsort(-targets, axis=1, kind="stable")[:, : self.copies]
        shares = np.take_along_axis(targets, classes, axis=1).astype(np.float64)
        shares /= shares.sum(axis=1, keepdims=True)
        if weights is not None:
            shares *= weights[:, None]
        rows, places = np.nonzero(shares)
        return self._one.fit(features[rows], classes[rows, places], shares[rows, places], strength)

    def constant(self, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Return the logarithms of the mean probabilities; a mean of 0 counts as half a row."""
        counts = (
            targets.astype(np.float64) if weights is None else targets * weights[:, None]
        ).sum(0)
        counts[counts == 0] = 0.5
        return np.asarray(np.log(counts / counts.sum()))

    def losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the cross-entropy of each row."""
        normalized = outputs - np.logaddexp.reduce(outputs, axis=1, keepdims=True)
        return np.asarray(-(targets * normalized).sum(axis=1))
