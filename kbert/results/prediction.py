"""The prediction for one text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kbert.errors import InputError
from kbert.findings import Cure

if TYPE_CHECKING:
    import numpy as np


def check_outputs(rows: "np.ndarray", of: str = "texts") -> None:
    """Raise InputError if a row is not finite: its largest value would be whichever comes first.

    Args:
        rows: float array [texts, labels]. Probabilities or logits.
        of: str. What the rows belong to, for the message. Defaults to "texts".
    """
    import numpy as np

    (broken,) = np.nonzero(~np.isfinite(rows).all(axis=1))
    if len(broken):
        raise InputError(
            "The model computes NaN or infinite numbers for {broken:,} of {rows:,} {of}, the first "
            "of them number {first:,}. Its weights are damaged, or too large for its precision.",
            broken=len(broken),
            rows=len(rows),
            of=of,
            first=int(broken[0]) + 1,
            cure=Cure(note="another model, such as one trained at a lower rate or in float32"),
        )


@dataclass(frozen=True)
class Prediction:
    """The most probable label of a text, and the probability of each.

    Args:
        label: str. The name of the most probable class; empty if `abstained`.
        probability: float. The probability of the most probable class.
        probabilities: the probability of each class by name, in the order of the labels.
        abstained: bool or None. Whether the probability is too low for an answer. Defaults to None:
            no minimum was set.
    """

    label: str
    probability: float
    probabilities: Mapping[str, float]
    abstained: bool | None = None

    @classmethod
    def from_probabilities(cls, row: "np.ndarray", names: Sequence[str]) -> "Prediction":
        """Return the prediction that follows from the probabilities of one text."""
        return cls(
            label=names[int(row.argmax())],
            probability=float(row.max()),
            probabilities=dict(zip(names, map(float, row), strict=True)),
        )
