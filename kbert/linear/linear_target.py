"""What a linear model needs to know of a target type."""

from typing import Any, Protocol

import numpy as np

from kbert.linear.linear_model import LinearModel


class LinearTarget(Protocol):
    """How the rows' targets of one type are predicted by a linear model.

    There is a module for each type, such as `single_label`. Targets are arrays [rows, ...], weights
    float arrays [rows], 1 in the mean, or None. The outputs are what a `Target` scores: logits, or
    numbers in their own unit.

    Attributes:
        outputs: int. The numbers that a model gives for a row.
        copies: int. How often a row is counted in a fit, at most.
    """

    outputs: int
    copies: int

    def fit(
        self, features: Any, targets: np.ndarray, weights: np.ndarray | None, strength: float
    ) -> LinearModel:
        """Return the model of features [rows, features]; the penalty is `|w|^2 / 2 strength`."""

    def constant(self, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Return the best outputs [outputs] that are the same for all rows."""

    def losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return what outputs [rows, outputs] lose on targets [rows, ...]: a number a row."""
