"""What dividing logits by a temperature does to the probabilities of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kbert.findings import worded
from kbert.results.calibration import Calibration
from kbert.results.evaluation import softmax
from kbert.results.multi_evaluation import sigmoid

_SCORES = {"ece": "ECE", "brier": "Brier score", "log_loss": "log loss"}


@dataclass(frozen=True)
class CalibrationChange:
    """How well the probabilities of rows are calibrated, before and after.

    Args:
        ece: tuple of two floats, before and after. Expected calibration error.
        brier: likewise. Brier score.
        log_loss: likewise. Mean log loss in nats; for several labels, the mean of theirs.
    """

    ece: tuple[float, float]
    brier: tuple[float, float]
    log_loss: tuple[float, float]

    @classmethod
    def of(
        cls,
        logits: np.ndarray,
        true: np.ndarray,
        temperatures: np.ndarray | float,
        weights: np.ndarray | None = None,
    ) -> "CalibrationChange":
        """Return the change if logits [rows, labels] are divided by a temperature, or one per row.

        Args:
            logits: float array [rows, labels].
            true: as of `Temperature.fit`.
            temperatures: float, or float array [rows].
            weights: float array [rows] or None. Defaults to None: all rows count the same.
        """
        logits = np.asarray(logits, np.float64)
        each = np.broadcast_to(np.asarray(temperatures, np.float64), len(logits))
        both = (logits, logits / each[:, None])
        calibrations = [_calibration(one, true, weights) for one in both]
        losses = [float(np.average(log_losses(one, true), weights=weights)) for one in both]
        return cls(
            ece=(calibrations[0].ece, calibrations[1].ece),
            brier=(calibrations[0].brier, calibrations[1].brier),
            log_loss=(losses[0], losses[1]),
        )

    @classmethod
    def mean(cls, changes: Sequence["CalibrationChange"]) -> "CalibrationChange":
        """Return the mean of several."""
        means = (
            np.mean([getattr(one, name) for one in changes], axis=0).tolist() for name in _SCORES
        )
        return cls(*((before, after) for before, after in means))

    def __str__(self) -> str:
        told = (
            worded(
                "{score} {before:.4f} before, {after:.4f} after",
                score=worded(_SCORES[key]),
                before=getattr(self, key)[0],
                after=getattr(self, key)[1],
            )
            for key in _SCORES
        )
        return worded("; ").join(told)

    def to_dict(self) -> dict[str, list[float]]:
        """Return the scores as plain data: [before, after] each."""
        return {name: list(getattr(self, name)) for name in _SCORES}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "CalibrationChange":
        """Return the change that `to_dict` described; `values` may have other keys too."""
        return cls(*((values[name][0], values[name][1]) for name in _SCORES))


def log_losses(logits: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the log loss of each row; for several labels, their mean, as in Keras.

    Args:
        logits: float array [rows, labels].
        true: as of `Temperature.fit`.
    """
    if is_of_labels(true):
        losses: np.ndarray = (np.logaddexp(0, logits) - true * logits).mean(axis=1)
        return losses
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    if true.ndim == 1:
        return -logs[np.arange(len(true)), true]
    return -(true * logs).sum(axis=1)


def is_of_labels(true: np.ndarray) -> bool:
    """Whether rows have several labels or none, not one class or a probability of each class."""
    return true.ndim == 2 and true.dtype.kind in "bui"


def _calibration(logits: np.ndarray, true: np.ndarray, weights: np.ndarray | None) -> Calibration:
    """Return the calibration; whether a row has a label counts as a prediction of two classes."""
    if is_of_labels(true):
        return Calibration.of_labels(sigmoid(logits), true, weights)
    classes = true if true.ndim == 1 else true.argmax(axis=1)
    return Calibration.of(softmax(logits), classes, weights=weights)
