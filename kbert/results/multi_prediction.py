"""The prediction for one text that can have several labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class MultiPrediction:
    """The labels of a text, and the probability of every label of the model.

    Args:
        labels: tuple of str. Those whose probability is at least their threshold; there may be
            none.
        probabilities: the probability of each label by name, in the order of the labels. They do
            not sum to 1.
    """

    labels: tuple[str, ...]
    probabilities: Mapping[str, float]

    @classmethod
    def from_probabilities(
        cls, row: "np.ndarray", names: Sequence[str], thresholds: Sequence[float]
    ) -> "MultiPrediction":
        """Return the prediction that follows from the probabilities of one text."""
        shares = dict(zip(names, map(float, row), strict=True))
        told = zip(shares.items(), thresholds, strict=True)
        return cls(tuple(name for (name, share), least in told if share >= least), shares)
