import keras
import numpy as np
import pytest
from keras import ops

from kbert.models.lora_arrays import assign_plain, lora_apart, plain_arrays, plain_names
from kbert.models.variables import to_arrays

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # NumPy computes them


def make_model():
    layer = keras.layers.Dense(3, name="hidden")
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.Dense(2, name="outputs")(layer(inputs))), layer


@pytest.fixture
def with_lora():
    model, layer = make_model()
    layer.enable_lora(2, lora_alpha=5)
    layer.lora_kernel_b.assign(np.arange(6.0).reshape(2, 3))
    return model


def test_lora_parts_replace_the_merged_kernel(with_lora):
    arrays = to_arrays(with_lora.weights)
    plain, own = lora_apart(with_lora, arrays)
    assert own.keys() == {"hidden/kernel", "hidden/lora_kernel_a", "hidden/lora_kernel_b"}
    assert {**plain, **own}.keys() == arrays.keys()
    for name, array in {**plain, **own}.items():
        np.testing.assert_array_equal(array, arrays[name])
    assert plain.keys() == plain_names(with_lora)
    assert "hidden/lora_kernel_a" not in plain


def test_merged_weights_give_the_same_outputs_without_lora(with_lora):
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    expected = with_lora.predict(x, verbose=0)
    without, _ = make_model()
    assert np.abs(without.predict(x, verbose=0) - expected).max() > 0.5
    assign_plain(without, plain_arrays(with_lora), "LoRA")
    np.testing.assert_allclose(without.predict(x, verbose=0), expected, rtol=0, atol=1e-5)
    again, layer = make_model()
    layer.enable_lora(1)
    layer.lora_kernel_b.assign(np.ones((1, 3)))
    assign_plain(again, plain_arrays(with_lora), "LoRA")
    np.testing.assert_allclose(again.predict(x, verbose=0), expected, rtol=0, atol=1e-5)
    assert not ops.convert_to_numpy(layer.lora_kernel_b).any()
