"""Fits linear models to standardized features."""

import numpy as np

from kbert.linear.linear_model import LinearModel
from kbert.linear.linear_target import LinearTarget

# Of the usual spread. A feature that varies by less is rounding, and must not count like others.
_LEAST_SPREAD = 1e-3


def fit_standardized(
    target: LinearTarget,
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None,
    strength: float,
) -> LinearModel:
    """Fit to features of mean 0 and deviation 1, and return the model of the original features.

    Args:
        target: LinearTarget.
        features: float array [rows, features].
        targets: array [rows, ...].
        weights: float array [rows] or None.
        strength: float. The penalty is `|w|^2 / 2 strength`, for standardized features.
    """
    features = features.astype(np.float64)
    middle, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.maximum(spread, _LEAST_SPREAD * np.median(spread))
    spread[spread == 0] = 1.0
    fitted = target.fit((features - middle) / spread, targets, weights, strength)
    coefficients = fitted.coefficients / spread[:, None]
    return LinearModel(coefficients, fitted.intercepts - middle @ coefficients)
