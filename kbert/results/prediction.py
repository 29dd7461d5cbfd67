"""The prediction for one text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Prediction:
    """The most probable label of a text, and the probability of each.

    Args:
        label: str. The name of the most probable class.
        probability: float. Its probability.
        probabilities: the probability of each class by name, in the order of the labels.
    """

    label: str
    probability: float
    probabilities: Mapping[str, float]

    @classmethod
    def from_probabilities(cls, row: "np.ndarray", names: Sequence[str]) -> "Prediction":
        """Return the prediction that follows from the probabilities of one text."""
        return cls(
            label=names[int(row.argmax())],
            probability=float(row.max()),
            probabilities=dict(zip(names, map(float, row), strict=True)),
        )
