"""The prediction for one text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kbert.errors import InputError
from kbert.findings import Option

if TYPE_CHECKING:
    import numpy as np


def check_texts(texts: Sequence[str], pairs: Sequence[str] | None) -> None:
    """Raise InputError unless these are lists of strings of the same length."""
    for name, given in (("texts", texts), ("pairs", pairs)):
        if isinstance(given, str):
            raise InputError(
                "{option} must be a list of strings. For one text: [text]", option=Option(name)
            )
    if pairs is not None and len(pairs) != len(texts):
        raise InputError(
            "{texts_option} and {pairs_option} must have the same length. Received: {texts} and "
            "{pairs}",
            texts_option=Option("texts"),
            pairs_option=Option("pairs"),
            texts=len(texts),
            pairs=len(pairs),
        )


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
