import keras
import keras_hub
import numpy as np
import pytest

from kbert.backend import encoder_internals

pytestmark = pytest.mark.keras


def test_set_gelu():
    layer = keras_hub.layers.TransformerEncoder(4, 1, activation="relu", name="layer")
    inputs = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    before = keras.ops.convert_to_numpy(layer(inputs))
    encoder_internals.set_gelu(layer, keras.activations.gelu)
    assert not np.array_equal(keras.ops.convert_to_numpy(layer(inputs)), before)


def test_set_layer_norm_epsilon():
    arguments = {"intermediate_dim": 4, "num_heads": 1, "name": "layer"}
    keras.utils.set_random_seed(1)
    layer = keras_hub.layers.TransformerEncoder(**arguments, layer_norm_epsilon=1e-12)
    inputs = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    before = keras.ops.convert_to_numpy(layer(inputs))
    expected = keras_hub.layers.TransformerEncoder(**arguments, layer_norm_epsilon=0.5)
    expected.build(inputs.shape)
    expected.set_weights(layer.get_weights())
    encoder_internals.set_layer_norm_epsilon(layer, 0.5)
    after = keras.ops.convert_to_numpy(layer(inputs))
    np.testing.assert_allclose(after, keras.ops.convert_to_numpy(expected(inputs)), atol=1e-6)
    assert not np.allclose(after, before, atol=1e-3)
    assert layer.get_config()["layer_norm_epsilon"] == 0.5


@pytest.mark.parametrize(("dropout", "attention"), [(0.0, 0.5), (0.5, 0.0)])
def test_set_dropout_and_attention_dropout(dropout, attention):
    layer = keras_hub.layers.TransformerEncoder(4, 1, dropout=0.5, name="layer")
    inputs = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    layer.build(inputs.shape)
    encoder_internals.set_dropout(layer, dropout, attention)
    assert encoder_internals.attention_dropout(layer) == attention

    def is_random(function):
        first, second = (keras.ops.convert_to_numpy(function()) for _ in range(2))
        return not np.array_equal(first, second)

    x = keras.ops.convert_to_tensor(inputs)
    of_attention = layer._self_attention_layer
    assert is_random(lambda: of_attention(x, x, training=True)) == (attention > 0)
    assert is_random(lambda: layer._feedforward_dropout(x, training=True)) == (dropout > 0)
    assert is_random(lambda: layer(x, training=True))
    encoder_internals.set_dropout(layer, 0.0, 0.0)
    assert not is_random(lambda: layer(x, training=True))
