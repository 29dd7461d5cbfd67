"""The temperature of a model, for any target that has probabilities."""

from typing import TYPE_CHECKING

from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.results.calibration_change import CalibrationChange
from kbert.results.temperature import Temperature
from kbert.targets.target import Target

if TYPE_CHECKING:
    import numpy as np


def check_calibrates(target: Target) -> None:
    """Raise InputError if a model's outputs are numbers, not probabilities."""
    if target.activation == "linear":
        raise InputError(
            "{option} is for probabilities, but the target is {kind}, whose outputs are numbers.",
            option=Option("calibrate"),
            kind=target.kind,
            cure=Cure(note="leave it out"),
        )


def fit_temperature(
    logits: "np.ndarray", y: "np.ndarray", target: Target, weights: "np.ndarray | None" = None
) -> Temperature:
    """Return the temperature of logits [rows, labels], given the labels as the target has them.

    Raises:
        InputError: the target has no probabilities.
    """
    check_calibrates(target)
    return Temperature.fit(logits, _true(y, target), weights)


def change_by(
    temperature: float,
    logits: "np.ndarray",
    y: "np.ndarray",
    target: Target,
    weights: "np.ndarray | None" = None,
) -> CalibrationChange:
    """Return what a temperature that was fitted on other rows does to these."""
    return CalibrationChange.of(logits, _true(y, target), temperature, weights)


def _true(y: "np.ndarray", target: Target) -> "np.ndarray":
    if target.activation == "sigmoid":
        return y.astype("uint8")
    return y if y.ndim == 1 else y.astype("float64")
