"""The losses of steps, held until they are read."""

import keras
import numpy as np
import pytest

from kbert.callbacks.watches.loss_watch import LossWatch

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("make", [float, keras.ops.convert_to_tensor], ids=["number", "tensor"])
def test_the_first_non_finite_loss_is_found(value, make):
    watch = LossWatch()
    for batch, loss in enumerate([0.5, 0.25, value, np.nan, 1.0]):
        watch.hold(make(loss), batch, batch + 3)
    assert watch.steps(8) == 5
    bad = watch.first_not_finite()
    assert (str(bad.loss), bad.batch, bad.batches) == (str(value), 2, 5)
    assert watch.steps(8) == 0
    assert watch.first_not_finite() is None


def test_steps_that_ran_together_are_counted():
    watch = LossWatch()
    assert watch.steps(7) == 0
    watch.hold(0.5, 9, 0)
    watch.hold(0.5, 19, 10)
    assert watch.steps(20) == 20
    assert watch.first_not_finite() is None
