"""The temperatures of the models of a cross-validation."""

import pytest

from kbert.runs.fold_calibration import fold_calibration
from kbert.runs.run_directory import RunDirectory

FIRST = {"temperature": 1.5, "ece": [0.1, 0.02], "brier": [0.4, 0.3], "log_loss": [0.8, 0.7]}
SECOND = {"temperature": 2.0, "ece": [0.2, 0.04], "brier": [0.6, 0.5], "log_loss": [1.0, 0.7]}


def folds(path, *calibrations):
    made = [RunDirectory.create(path / f"fold-{at}") for at, _ in enumerate(calibrations, 1)]
    for fold, calibration in zip(made, calibrations, strict=True):
        fold.update(status="finished", **({"calibration": calibration} if calibration else {}))
    return made


def test_its_scores_are_the_means_of_the_folds(tmp_path):
    found = fold_calibration(folds(tmp_path, FIRST, SECOND))
    assert found["temperatures"] == [1.5, 2.0]
    assert found["ece"] == pytest.approx([0.15, 0.03])
    assert found["brier"] == pytest.approx([0.5, 0.4])
    assert found["log_loss"] == pytest.approx([0.9, 0.7])


def test_there_is_none_if_a_fold_has_none(tmp_path):
    assert fold_calibration(folds(tmp_path, FIRST, None)) is None
    assert fold_calibration(folds(tmp_path / "other", None, None)) is None
