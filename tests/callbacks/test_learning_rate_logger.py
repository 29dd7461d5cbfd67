import csv

import keras
import numpy as np
import pytest

from kbert import (
    KbertError,
    LearningRateLogger,
    PlanGuard,
    TrainingPlan,
    WarmupPolynomialDecay,
    create_optimizer,
)
from kbert.callbacks.watches import step_watch
from tests.callbacks.at_batch import AtBatch

pytestmark = pytest.mark.keras


def _model(schedule, **arguments):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule, **arguments), loss="mse")
    return model


def _fit(model, path, epochs=2, **arguments):
    """Train on three batches per epoch."""
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
def test_file_follows_the_schedule(gradient_accumulation_steps, tmp_path):
    schedule = WarmupPolynomialDecay(
        0.1, decay_steps=6, warmup_steps=2, steps_per_update=gradient_accumulation_steps or 1
    )
    path = tmp_path / "new" / "rates.csv"
    _fit(_model(schedule, gradient_accumulation_steps=gradient_accumulation_steps), path)
    steps, epochs, rates = zip(*_rows(path), strict=True)
    assert steps == tuple(range(6))
    assert epochs == (0, 0, 0, 1, 1, 1)
    np.testing.assert_allclose(rates, schedule.simulate(6), rtol=1e-6)


def test_loss_is_of_the_batch_alone(tmp_path):
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
def test_each_step_has_its_row_when_several_run_together(together, tmp_path):
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


def test_a_file_of_kbert_0_1_keeps_its_columns(tmp_path):
    path = tmp_path / "rates.csv"
    path.write_text("step,epoch,learning_rate,loss\n0,0,0.1,0.5\n", encoding="utf-8")
    _fit(_model(0.25), path, epochs=1)
    assert [line.count(",") for line in path.read_text().splitlines()] == [3] * 5


@pytest.mark.parametrize("read_every", [1, 50])
@pytest.mark.parametrize("together", [1, 2])
def test_norm_and_ratio_are_in_the_row_of_the_update(together, read_every, tmp_path):
    """For error e the gradient is (2e, 2e); Adam's first update moves each weight by the rate."""
    plan = TrainingPlan(
        8, batch_size=1, epochs=1, gradient_accumulation_steps=together, warmup_proportion=0
    )
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(create_optimizer(plan), loss="mse")
    kernel, bias = (float(np.squeeze(weight)) for weight in model.get_weights())
    log = LearningRateLogger(tmp_path / "rates.csv", read_every=read_every)
    guard = PlanGuard(plan, verbose=0, allow=["too-few-updates"])
    model.fit(np.ones((8, 1)), np.full((8, 1), 3.0), 1, verbose=0, callbacks=[guard, log])
    with log.path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    last = [(step + 1) % together == 0 for step in range(8)]
    assert [row["gradient_norm"] != "" for row in rows] == last
    # The first three updates are checked.
    assert [row["update_ratio"] != "" for row in rows] == [
        is_last and step < 3 * together for step, is_last in enumerate(last)
    ]
    first = rows[together - 1]
    assert float(first["gradient_norm"]) == pytest.approx(8**0.5 * abs(kernel + bias - 3), rel=1e-4)
    rate = float(first["learning_rate"])
    assert float(first["update_ratio"]) == pytest.approx(rate / abs(kernel), rel=0.05)


def _stop(model):
    model.stop_training = True


def _interrupt(model):
    raise KeyboardInterrupt


def _set_rate(model):
    model.optimizer.learning_rate = 0.125


def _logged(path, read_every, schedule, at=None, compiled=(), **arguments):
    """Train on seven batches per epoch, each with another loss, and return the file."""
    keras.utils.set_random_seed(3)
    model = _model(schedule)
    optimizer = keras.optimizers.SGD(schedule, **arguments)
    compiled = {"optimizer": optimizer, "loss": "mse", **dict(compiled)}
    if compiled.pop("is_scaled", False):
        compiled["optimizer"] = keras.optimizers.LossScaleOptimizer(optimizer)
    model.compile(**compiled)
    log = LearningRateLogger(path, read_every=read_every)
    callbacks = [log] if at is None else [AtBatch(*at), log]
    x = np.ones((14, 1), "float32")
    y = np.arange(14, dtype="float32")[:, None]
    settings = {"epochs": 2, "verbose": 0, "shuffle": False, "callbacks": callbacks}
    if at is not None and at[1] is _interrupt:
        with pytest.raises(KeyboardInterrupt):
            model.fit(x, y, 2, **settings)
        log.close()
    else:
        model.fit(x, y, 2, **settings)
    return path.read_bytes()


def _schedule(**arguments):
    return WarmupPolynomialDecay(0.01, decay_steps=14, warmup_steps=3, **arguments)


NOT_ON_TORCH = pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="torch runs one step at a time"
)


# The remaining rows are read at the end of an epoch in either case.
@pytest.mark.parametrize("read_every", [3, pytest.param(50, marks=pytest.mark.any_backend)])
@pytest.mark.parametrize(
    ("rows", "arguments"),
    [
        (14, {}),
        (14, {"gradient_accumulation_steps": 2, "schedule": _schedule(steps_per_update=2)}),
        pytest.param(14, {"compiled": {"steps_per_execution": 3}}, marks=NOT_ON_TORCH),
        pytest.param(
            14, {"compiled": {"steps_per_execution": 3}, "schedule": 0.01}, marks=NOT_ON_TORCH
        ),
        (14, {"compiled": {"is_scaled": True}}),
        (14, {"schedule": 0.01}),
        (14, {"schedule": 0.01, "at": (9, _set_rate)}),
        (14, {"schedule": keras.optimizers.schedules.CosineDecay(0.01, 14)}),
        (5, {"at": (4, _stop)}),
        (9, {"at": (9, _interrupt)}),
    ],
    ids=[
        *("plain", "accumulated", "several", "several-constant", "scaled", "constant", "set"),
        *("keras-schedule", "stopped", "interrupted"),
    ],
)
def test_reading_rows_together_gives_the_same_file(rows, arguments, read_every, tmp_path):
    arguments = {"schedule": _schedule(), **arguments}
    at_once = _logged(tmp_path / "once.csv", 1, **arguments)
    assert len(at_once.splitlines()) == 1 + rows
    assert _logged(tmp_path / "together.csv", read_every, **arguments) == at_once


@pytest.mark.parametrize("read_every", [1, 4])
def test_rows_are_on_disk_after_each_read(read_every, tmp_path):
    path, seen = tmp_path / "rates.csv", []

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(len(path.read_bytes().splitlines()) - 1)

        def on_epoch_end(self, epoch, logs=None):
            seen.append(len(path.read_bytes().splitlines()) - 1)

    model = _model(0.1)
    data = (np.ones((6, 1)), np.ones((6, 1)))
    log = LearningRateLogger(path, read_every=read_every)
    model.fit(*data, 1, epochs=1, verbose=0, callbacks=[log, Look()])
    assert seen == ([1, 2, 3, 4, 5, 6, 6] if read_every == 1 else [0, 0, 0, 4, 4, 4, 6])


def test_rows_before_a_failed_step_are_written(tmp_path, monkeypatch):
    """As on an accelerator out of memory: reading the values of the step fails."""
    path, log = tmp_path / "rates.csv", LearningRateLogger(tmp_path / "rates.csv", read_every=50)
    read = step_watch.read_together

    bad = []

    def fail(values):
        if not bad:
            bad.append(log._steps._held[4].count)
        if any(value is bad[0] for value in values):
            raise RuntimeError("out of memory")
        return read(values)

    monkeypatch.setattr(step_watch, "read_together", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        _model(0.1).fit(np.ones((9, 1)), np.ones((9, 1)), 1, verbose=0, callbacks=[log])
    log.close()
    assert [step for step, _, _ in _rows(path)] == [0, 1, 2, 3]


@pytest.mark.parametrize("read_every", [0, -1, 2.5, "50", True])
def test_refuses_an_invalid_read_every(read_every, tmp_path):
    with pytest.raises(KbertError, match="`read_every` must be a whole number, 1 or more"):
        LearningRateLogger(tmp_path / "rates.csv", read_every=read_every)
