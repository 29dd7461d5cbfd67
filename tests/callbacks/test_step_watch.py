"""The rows of steps, taken one by one and read together."""

import keras
import numpy as np
import pytest

from kbert.callbacks.watches.step_watch import StepWatch
from tests.backend.line_model import fit, line

pytestmark = pytest.mark.keras


class Watching(keras.callbacks.Callback):
    """Lets a watch see the three steps of an epoch."""

    def __init__(self, *, rate_now=True):
        super().__init__()
        self.watch = StepWatch(4)
        self.rate_now = rate_now

    def on_train_batch_begin(self, batch, logs=None):
        self.watch.before(self.model, rate_now=self.rate_now)

    def on_train_batch_end(self, batch, logs=None):
        self.watch.after(self.model, batch)


def watched(rate, **options):
    """The watch after an epoch of three steps, and the optimizer."""
    model, watching = line(keras.optimizers.SGD(rate)), Watching(**options)
    fit(model, watching)
    return watching.watch, model.optimizer


def test_rows_have_the_rate_and_the_loss_of_each_step():
    watch, optimizer = watched(0.1)
    rows = watch.rows(optimizer)
    assert [row[:3] for row in rows] == [(step, 4, "0.100000001") for step in range(3)]
    losses = [float(row[3]) for row in rows]
    # For x = 1, each of weight and bias moves by 0.2 of the error, which leaves 0.6 of it.
    np.testing.assert_allclose(np.divide(losses[1:], losses[:-1]), 0.36, rtol=1e-3)


def test_rows_stay_until_they_are_forgotten():
    watch, optimizer = watched(0.1)
    assert watch.steps == 3
    first = watch.rows(optimizer, at_most=1)
    assert watch.rows(optimizer)[:1] == first
    watch.forget(1)
    assert [row[0] for row in watch.rows(optimizer)] == [1, 2]
    watch.forget()
    assert (bool(watch), watch.steps) == (False, 0)


def test_scheduled_rates_are_the_same_when_read_later():
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.1, 1, 1.0)
    found = []
    for rate_now in (True, False):
        watch, optimizer = watched(schedule, rate_now=rate_now)
        found.append([row[2] for row in watch.rows(optimizer)])
    assert found[0] == found[1]
    np.testing.assert_allclose([float(rate) for rate in found[0]], [0.1, 0.05, 0.1 / 3], rtol=1e-6)
