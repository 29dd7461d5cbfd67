import keras
import numpy as np
import pytest

from kbert.models.model_outputs import model_outputs

pytestmark = pytest.mark.keras


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)

    def call(self, x):
        return {"out": self.dense(x)}


def row():
    return np.ones((1, 4), "float32")


def test_a_model_that_knows_its_outputs_reads_no_row():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    assert [tuple(output.shape) for output in model_outputs(model, pytest.fail)] == [(None, 3)]


def test_a_model_is_built_by_a_row():
    model = Subclass()
    for _ in range(2):  # the second time it is already built
        assert model_outputs(model, row)["out"].shape == (1, 3)
        assert model.built
