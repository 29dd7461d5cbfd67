"""An encoder layer gives the same results as keras-hub's own."""

import keras
import keras_hub
import numpy as np
import pytest
from keras import ops

from kbert.backend.encoder_layer import encoder_layer

pytestmark = pytest.mark.keras


@pytest.fixture(params=[0.0, 0.3], ids=["no dropout", "dropout"])
def layer(request):
    keras.utils.set_random_seed(0)
    layer = keras_hub.layers.TransformerEncoder(24, 4, dropout=request.param, activation="gelu")
    layer(np.zeros((1, 5, 16), "float32"))
    for variable in layer.weights:  # biases too
        noise = np.random.default_rng(1).normal(0, 0.3, variable.shape)
        variable.assign(variable + noise.astype("float32"))
    return layer


ROWS = np.random.default_rng(0).normal(size=(3, 5, 16)).astype("float32")
MASK = np.random.default_rng(2).random((3, 5, 5)) < 0.6
MASK[:, :, 0] = True


def test_all_rows(layer):
    found = encoder_layer(layer, ops.convert_to_tensor(ROWS), ops.convert_to_tensor(MASK), False)
    expected = layer(ROWS, attention_mask=MASK)
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (found, expected)), rtol=0, atol=3e-6)


def test_some_rows(layer):
    rows, mask = ops.convert_to_tensor(ROWS), ops.convert_to_tensor(MASK[:, [1, 4]])
    found = encoder_layer(layer, rows, mask, None, some=ops.convert_to_tensor(ROWS[:, [1, 4]]))
    expected = ops.convert_to_numpy(layer(ROWS, attention_mask=MASK))[:, [1, 4]]
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=0, atol=3e-6)


def test_a_padding_mask_applies_to_every_query(layer):
    padding = np.arange(5) < [[5], [3], [1]]
    mask = ops.convert_to_tensor(padding[:, None])
    found = encoder_layer(layer, ops.convert_to_tensor(ROWS), mask, False)
    expected = layer(ROWS, padding_mask=padding)
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (found, expected)), rtol=0, atol=3e-6)


def test_dropout_is_applied_three_times_in_training(layer):
    rows, mask = ops.convert_to_tensor(ROWS), ops.convert_to_tensor(MASK)
    calm, drawn = (ops.convert_to_numpy(encoder_layer(layer, rows, mask, t)) for t in (False, True))
    assert (calm != drawn).any() == (layer.dropout > 0)
    for part in ("_self_attention_dropout", "_feedforward_dropout"):
        getattr(layer, part).rate = 0.0
    layer._self_attention_layer._dropout_layer.rate = 0.0
    np.testing.assert_allclose(
        ops.convert_to_numpy(encoder_layer(layer, rows, mask, True)), calm, rtol=0, atol=3e-6
    )


def test_lora_is_applied(layer):
    rows, mask = ops.convert_to_tensor(ROWS), ops.convert_to_tensor(MASK)
    before = ops.convert_to_numpy(encoder_layer(layer, rows, mask, False))
    dense = layer._self_attention_layer._query_dense
    dense.enable_lora(2)
    dense.lora_kernel_b.assign(np.ones(dense.lora_kernel_b.shape))
    after = ops.convert_to_numpy(encoder_layer(layer, rows, mask, False))
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(
        after, ops.convert_to_numpy(layer(ROWS, attention_mask=MASK)), rtol=0, atol=3e-6
    )


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="a kernel of PyTorch")
@pytest.mark.parametrize("some", [None, [1, 4]])
def test_attention_in_single_operations(layer, some, monkeypatch):
    rows, mask = ops.convert_to_tensor(ROWS), ops.convert_to_tensor(MASK[:, some or slice(None)])
    wanted = None if some is None else ops.convert_to_tensor(ROWS[:, some])
    fused = ops.convert_to_numpy(encoder_layer(layer, rows, mask, False, wanted))
    monkeypatch.setattr(keras.config, "is_flash_attention_enabled", lambda: False)
    found = ops.convert_to_numpy(encoder_layer(layer, rows, mask, False, wanted))
    np.testing.assert_allclose(found, fused, rtol=0, atol=3e-6)
    trained = ops.convert_to_numpy(encoder_layer(layer, rows, mask, True, wanted))
    assert (trained != found).any() == (layer.dropout > 0)
