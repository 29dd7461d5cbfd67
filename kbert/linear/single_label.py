"""Linear models of texts with one label each."""

import warnings
from typing import Any

import numpy as np

from kbert.linear.linear_model import LinearModel

_MAX_ITERATIONS = 100


class SingleLabel:
    """Logistic regression of class numbers [rows]; the outputs are logits. See `LinearTarget`.

    Args:
        outputs: int. The number of classes.
    """

    copies = 1

    def __init__(self, outputs: int) -> None:
        self.outputs = outputs

    def fit(
        self, features: Any, targets: np.ndarray, weights: np.ndarray | None, strength: float
    ) -> LinearModel:
        """Return the multinomial logistic regression, from the same start every time."""
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        counted = slice(None) if weights is None else weights > 0
        present = np.unique(targets[counted])
        coefficients = np.zeros((features.shape[1], self.outputs))
        intercepts = self.constant(targets, weights)
        if len(present) < 2 or not features.shape[1]:
            return LinearModel(coefficients, intercepts)
        model = LogisticRegression(C=strength, max_iter=_MAX_ITERATIONS)
        # On one thread: sums would depend on the number of threads, and the vectors are so short
        # that threads would wait for each other.
        with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
            # After 100 iterations, scores hardly change; and few rows of many classes may be all
            # that there are.
            warnings.simplefilter("ignore", UserWarning)
            model.fit(features, targets, sample_weight=weights)
        known, biases = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn has only the second one's logit
            known = np.stack([-known[0], known[0]]) / 2
            biases = np.stack([-biases[0], biases[0]]) / 2
        coefficients[:, model.classes_] = known.T
        # A class without rows is as likely as one with half a row, whatever the features.
        intercepts += biases.mean() - intercepts[model.classes_].mean()
        intercepts[model.classes_] = biases
        return LinearModel(coefficients, intercepts)

    def constant(self, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Return the logarithms of the classes' shares; one without rows counts as half a row."""
        counts = np.bincount(targets, weights, minlength=self.outputs).astype(np.float64)
        counts[counts == 0] = 0.5
        return np.log(counts / counts.sum())

    def losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the cross-entropy of each row."""
        lost = np.logaddexp.reduce(outputs, axis=1) - outputs[np.arange(len(targets)), targets]
        return np.asarray(lost)
