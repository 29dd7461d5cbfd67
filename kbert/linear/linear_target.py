"""What a linear model needs to know about a target type."""

from typing import Any, Protocol

import numpy as np

from kbert.linear.linear_model import LinearModel


class LinearTarget(Protocol):
    """How a linear model predicts targets of one type.

    There is a module for each type, such as `single_label`. Targets are arrays [rows, ...]. Weights
    are float arrays [rows] with a mean of 1, or None. The outputs are what a `Target` scores:
    logits, or numbers in their own unit.

    Attributes:
        outputs: int. How many numbers a model returns for a row.
        copies: int. The maximum number of times that a row is counted in a fit.
    """

    outputs: int
    copies: int

    def fit(
        self, features: Any, targets: np.ndarray, weights: np.ndarray | None, strength: float
    ) -> LinearModel:
        """Return the model of features [rows, features]; the penalty is `|w|^2 / 2 strength`."""

    def constant(self, targets: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Return the best constant outputs [outputs], the same for all rows."""

    def losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the loss of each row, given outputs [rows, outputs] and targets [rows, ...]."""
