"""The temperatures of the models of a cross-validation."""

from collections.abc import Sequence
from typing import Any

from kbert.results.calibration_change import CalibrationChange
from kbert.runs.run_directory import RunDirectory


def fold_calibration(folds: Sequence[RunDirectory]) -> dict[str, Any] | None:
    """Return the temperature of each fold, and the mean of their effects; None unless all have one.

    The temperature of a fold is fitted on the rows that it has set aside and its model predicts.
    """
    found = [fold.record["calibration"] for fold in folds if "calibration" in fold.record]
    if not found or len(found) < len(folds):
        return None
    mean = CalibrationChange.mean([CalibrationChange.from_dict(one) for one in found])
    return {"temperatures": [one["temperature"] for one in found], **mean.to_dict()}
