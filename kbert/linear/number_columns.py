"""Linear models of numbers."""

from typing import Any

import numpy as np

from kbert.linear.linear_model import LinearModel

# A squared error has several times the curvature of a logistic loss, which strengths are set for.
_STEEPER = 10


class NumberColumns:
    """Ridge regression of numbers [rows, columns]. See `LinearTarget`.

    The numbers are standardized, so that one penalty fits any unit:

        minimize  sum(weight * ((y - mean) / scale - x @ w - b) ** 2) + 10 * |w| ** 2 / strength

    Args:
        outputs: int. The number of columns.
    """

    copies = 1

    def __init__(self, outputs: int) -> None:
        self.outputs = outputs

    def fit(
        self, features: Any, targets: np.ndarray, weights: np.ndarray | None, strength: float
    ) -> LinearModel:
        """Return the ridge regression, in the numbers' own unit."""
        from sklearn.linear_model import Ridge
        from threadpoolctl import threadpool_limits

        numbers = targets.astype(np.float64)
        middle = self.constant(numbers, weights)
        if not features.shape[1] or len(numbers) < 2:
            return LinearModel(np.zeros((features.shape[1], self.outputs)), middle)
        scale = np.sqrt(np.average((numbers - middle) ** 2, axis=0, weights=weights))
        scale[scale == 0] = 1.0
        model = Ridge(alpha=_STEEPER / strength)
        with threadpool_limits(1, user_api="blas"):  # see `SingleLabel`
            model.fit(features, (numbers - middle) / scale, sample_weight=weights)
        coefficients = model.coef_.reshape(self.outputs, -1)
        return LinearModel(coefficients.T * scale, model.intercept_ * scale + middle)

    def constant(self, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Return the mean of each column."""
        return np.asarray(np.average(targets.astype(np.float64), axis=0, weights=weights))

    def losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the squared error of each row, the mean over its standardized columns."""
        scale = targets.astype(np.float64).std(axis=0)
        scale[scale == 0] = 1.0
        return np.asarray((((outputs - targets) / scale) ** 2).mean(axis=1))
