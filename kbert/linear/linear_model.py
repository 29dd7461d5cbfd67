"""A linear model."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class LinearModel:
    """A linear model of features.

        outputs = features @ coefficients + intercepts

    Args:
        coefficients: float array [features, outputs].
        intercepts: float array [outputs].
    """

    coefficients: np.ndarray
    intercepts: np.ndarray

    def outputs(self, features: Any) -> np.ndarray:
        """Return the outputs [rows, outputs] for features [rows, features], sparse or not."""
        return np.asarray(features @ self.coefficients + self.intercepts)
