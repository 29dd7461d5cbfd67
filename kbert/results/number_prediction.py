"""The prediction of numbers for one text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class NumberPrediction:
    """The numbers of a text, each in the unit of its training data.

    Args:
        values: the numbers by the names of their columns, in the order of the columns.
    """

    values: Mapping[str, float]

    @property
    def value(self) -> float:
        """The first number, which for most models is the only one."""
        return next(iter(self.values.values()))

    @classmethod
    def from_numbers(cls, row: "np.ndarray", names: Sequence[str]) -> "NumberPrediction":
        """Return the prediction from a model's outputs for one text."""
        return cls(dict(zip(names, map(float, row), strict=True)))
