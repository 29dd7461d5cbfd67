import keras
import numpy as np
import pytest

from kbert.backend.between_batches import between_batches
from kbert.backend.random_states import capture_random_states

pytestmark = pytest.mark.keras


def test_predicting_between_batches_leaves_no_trace():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    is_torch = keras.backend.backend() == "torch"
    if is_torch:
        model.train()
    before = capture_random_states()
    with between_batches(model):
        model.predict(np.ones((4, 1)), verbose=0)
    after = capture_random_states()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert not is_torch or model.training
