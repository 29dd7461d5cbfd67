import csv

import keras
import numpy as np
import pytest

from kbert import LearningRateLogger, WarmupPolynomialDecay

pytestmark = pytest.mark.keras


def _model(schedule, **arguments):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule, **arguments), loss="mse")
    return model


def _fit(model, path, epochs=2, **arguments):
    """Train on three batches an epoch."""
    log = LearningRateLogger(path)
    data = (np.ones((6, 1)), np.ones((6, 1)))
    model.fit(*data, 2, epochs=epochs, verbose=0, callbacks=[log], **arguments)


def _rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (int(row["step"]), int(row["epoch"]), float(row["learning_rate"]))
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("gradient_accumulation_steps", [None, 2], ids=["plain", "accumulated"])
def test_file_is_what_the_schedule_says(gradient_accumulation_steps, tmp_path):
    schedule = WarmupPolynomialDecay(
        0.1, decay_steps=6, warmup_steps=2, steps_per_update=gradient_accumulation_steps or 1
    )
    path = tmp_path / "new" / "rates.csv"
    _fit(_model(schedule, gradient_accumulation_steps=gradient_accumulation_steps), path)
    steps, epochs, rates = zip(*_rows(path), strict=True)
    assert steps == tuple(range(6))
    assert epochs == (0, 0, 0, 1, 1, 1)
    np.testing.assert_allclose(rates, schedule.simulate(6), rtol=1e-6)


def test_loss_is_that_of_the_batch_alone(tmp_path):
    """With rate 0 the loss of a batch is known beforehand: its labels are 0, 1 and 2."""
    model, path = _model(0.0), tmp_path / "rates.csv"
    kernel, bias = (float(np.squeeze(weight)) for weight in model.get_weights())
    labels = np.repeat(np.arange(3.0), 2)[:, None]
    log = LearningRateLogger(path)
    model.fit(np.ones((6, 1)), labels, 2, epochs=2, verbose=0, shuffle=False, callbacks=[log])
    with path.open(encoding="utf-8", newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    expected = [(kernel + bias - label) ** 2 for label in range(3)] * 2
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-6)


def test_constant_rate(tmp_path):
    _fit(_model(0.25), tmp_path / "rates.csv", epochs=1)
    assert [rate for _, _, rate in _rows(tmp_path / "rates.csv")] == [0.25] * 3


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch runs one step at a time")
@pytest.mark.parametrize("together", [2, 8])
def test_every_step_has_its_row_where_several_run_together(together, tmp_path):
    schedule = WarmupPolynomialDecay(0.1, decay_steps=6)
    model = _model(schedule)
    model.compile(model.optimizer, "mse", steps_per_execution=together)
    _fit(model, tmp_path / "rates.csv")
    steps, epochs, rates = zip(*_rows(tmp_path / "rates.csv"), strict=True)
    assert (steps, epochs) == (tuple(range(6)), (0, 0, 0, 1, 1, 1))
    np.testing.assert_allclose(rates, schedule.simulate(6), rtol=1e-6)
    with (tmp_path / "rates.csv").open(encoding="utf-8", newline="") as file:
        losses = [row["loss"] for row in csv.DictReader(file)]
    assert [loss == "" for loss in losses] == [together == 8 or n % 3 < 2 for n in range(6)]


def test_second_fit_appends(tmp_path):
    schedule = WarmupPolynomialDecay(0.1, decay_steps=9)
    model, path = _model(schedule), tmp_path / "rates.csv"
    _fit(model, path)
    _fit(model, path, epochs=3, initial_epoch=2)
    assert path.read_text().count("step,epoch,learning_rate,loss") == 1
    steps, epochs, rates = zip(*_rows(path), strict=True)
    assert steps == tuple(range(9))
    assert epochs == (0, 0, 0, 1, 1, 1, 2, 2, 2)
    np.testing.assert_allclose(rates, schedule.simulate(9), rtol=1e-6)
