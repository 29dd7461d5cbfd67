"""Fits linear models to features that are brought to one scale."""

import numpy as np

from kbert.linear.linear_model import LinearModel
from kbert.linear.linear_target import LinearTarget

# Of the usual spread. What varies by less is rounding, which must not count as much as the others.
_LEAST_SPREAD = 1e-3


def fit_standardized(
    target: LinearTarget,
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None,
    strength: float,
) -> LinearModel:
    """Return the model of features as they are, fitted to them with mean 0 and deviation 1.

    Args:
        target: LinearTarget.
        features: float array [rows, features].
        targets: array [rows, ...].
        weights: float array [rows] or None.
        strength: float. The penalty is `|w|^2 / 2 strength`, of the standardized features.
    """
    features = features.astype(np.float64)
    middle, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.maximum(spread, _LEAST_SPREAD * np.median(spread))
    spread[spread == 0] = 1.0
    fitted = target.fit((features - middle) / spread, targets, weights, strength)
    coefficients = fitted.coefficients / spread[:, None]
    return LinearModel(coefficients, fitted.intercepts - middle @ coefficients)
