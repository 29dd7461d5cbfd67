"""The steps of a run, as learning_rate.csv has them."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_POINTS = 400


@dataclass(frozen=True)
class TrainingLog:
    """The steps of a run.

    Args:
        steps: int array. Their numbers, from 0.
        rates: float array. The learning rate of each.
        losses: float array. The loss of each batch; NaN where it was not read.
    """

    steps: np.ndarray
    rates: np.ndarray
    losses: np.ndarray

    @classmethod
    def read(cls, file: Path) -> "TrainingLog":
        """Return the steps of a file; none where it is missing. Lines that are broken are left out.

        Args:
            file: Path.
        """
        found = []
        if file.is_file():
            with file.open(encoding="utf-8", errors="replace", newline="") as lines:
                for row in csv.DictReader(lines):
                    try:
                        loss = float(row["loss"] or "nan")
                        found.append((int(row["step"]), float(row["learning_rate"]), loss))
                    except (KeyError, TypeError, ValueError):
                        continue
        steps, rates, losses = np.array(found, float).reshape(-1, 3).T
        return cls(steps, rates, losses)

    def thinned(self) -> "TrainingLog":
        """Return at most 400 steps, each with the mean of those in its place."""
        if len(self.steps) <= _POINTS:
            return self
        parts = [
            np.array_split(values, _POINTS) for values in (self.steps, self.rates, self.losses)
        ]
        steps, rates, losses = (np.array([_mean(part) for part in of]) for of in parts)
        return TrainingLog(steps, rates, losses)


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")
