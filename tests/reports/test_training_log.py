"""The steps of a run."""

import numpy as np
import pytest

from kbert.reports.training_log import TrainingLog
from kbert.results.step_columns import STEP_COLUMNS


def test_broken_lines_are_skipped(tmp_path):
    file = tmp_path / "learning_rate.csv"
    file.write_text("step,epoch,learning_rate,loss\n0,0,1e-05,0.5\n1,0,2e-05,\n2,0\nx,0,1,1\n")
    log = TrainingLog.read(file)
    assert log.steps.tolist() == [0, 1]
    assert log.rates.tolist() == [1e-5, 2e-5]
    np.testing.assert_array_equal(log.losses, [0.5, np.nan])
    assert np.isnan([log.norms, log.ratios]).all()  # as in logs of kbert 0.1


def test_norms_and_ratios(tmp_path):
    file = tmp_path / "learning_rate.csv"
    rows = "0,0,1e-05,0.5,2.5,\n1,0,1e-05,0.4,,\n2,0,1e-05,0.4,1.5,0.001\n"
    file.write_text(",".join(STEP_COLUMNS) + "\n" + rows)
    log = TrainingLog.read(file)
    np.testing.assert_array_equal(log.norms, [2.5, np.nan, 1.5])
    np.testing.assert_array_equal(log.ratios, [np.nan, np.nan, 0.001])


def test_without_a_file_there_are_no_steps(tmp_path):
    assert len(TrainingLog.read(tmp_path / "learning_rate.csv").steps) == 0


def test_many_steps_are_averaged():
    steps = np.arange(4000.0)
    losses = steps.copy()
    losses[5] = np.nan
    thin = TrainingLog(steps, steps * 2, losses, steps, steps).thinned()
    assert len(thin.steps) == 400
    assert thin.steps[:2].tolist() == [4.5, 14.5]
    assert thin.rates[1] == 29
    assert thin.losses[0] == pytest.approx((45 - 5) / 9)
    assert TrainingLog(*[steps[:400]] * 5).thinned().steps.tolist() == list(range(400))
