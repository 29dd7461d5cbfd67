"""What a classifier says of one text."""

from collections.abc import Mapping
from dataclasses import dataclass


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
