"""The steps of a run, as learning_rate.csv has them."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kbert.results.step_columns import STEP_COLUMNS

_POINTS = 400
_KNOWN = STEP_COLUMNS[3:]


@dataclass(frozen=True)
class TrainingLog:
    """The steps of a run.

    Args:
        steps: int array. Their numbers, from 0.
        rates: float array. The learning rate of each.
        losses: float array. The loss of each batch; NaN where it was not read.
        norms: float array. The norm of the gradients of each update, before they were clipped; NaN
            where it is not known.
        ratios: float array. The share of their norm by which an update has changed the weights; NaN
            where it was not checked.
    """

    steps: np.ndarray
    rates: np.ndarray
    losses: np.ndarray
    norms: np.ndarray
    ratios: np.ndarray

    @classmethod
    def empty(cls) -> "TrainingLog":
        """Return the log of a run that has not trained."""
        return cls(*np.empty((2 + len(_KNOWN), 0)))

    @classmethod
    def read(cls, file: Path) -> "TrainingLog":
        """Return the steps of a file; none if it is missing. Broken lines are left out.

        Args:
            file: Path.
        """
        found = []
        if file.is_file():
            with file.open(encoding="utf-8", errors="replace", newline="") as lines:
                for row in csv.DictReader(lines):
                    try:
                        known = [float(row.get(name) or "nan") for name in _KNOWN]
                        found.append((int(row["step"]), float(row["learning_rate"]), *known))
                    except (KeyError, TypeError, ValueError):
                        continue
        return cls(*np.array(found, float).reshape(-1, 2 + len(_KNOWN)).T)

    def thinned(self) -> "TrainingLog":
        """Return at most 400 steps, each the mean of the steps that it replaces."""
        if len(self.steps) <= _POINTS:
            return self
        columns = (self.steps, self.rates, self.losses, self.norms, self.ratios)
        parts = [np.array_split(values, _POINTS) for values in columns]
        return TrainingLog(*(np.array([_mean(part) for part in of]) for of in parts))


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")
