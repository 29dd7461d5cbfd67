import keras
import pytest

from kbert.backend import few_shapes as module
from kbert.backend.few_shapes import few_shapes

pytestmark = pytest.mark.keras


def model(jit_compile):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", loss="mse", jit_compile=jit_compile)
    return model


@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiled_models_prefer_few_shapes(jit_compile):
    expected = {"jax": True, "tensorflow": jit_compile, "torch": False}
    assert few_shapes(model(jit_compile)) == expected[keras.backend.backend()]


def test_a_gpu_prefers_few_shapes(monkeypatch):
    monkeypatch.setattr(module, "computes_on_processor", lambda tensor: False)
    assert few_shapes(model(False))
