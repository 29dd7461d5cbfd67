"""Computing only [CLS] in the last layer gives the same as the whole layer, in training too."""

import keras
import numpy as np
import pytest
from keras import ops

from kbert import AdamW

pytestmark = pytest.mark.keras

WIDTH = 12


@pytest.fixture(scope="module")
def inputs():
    random = np.random.default_rng(0)
    lengths = random.integers(3, WIDTH + 1, (16, 1))
    return {
        "token_ids": random.integers(5, 30000, (16, WIDTH)).astype("int32"),
        "segment_ids": random.integers(0, 2, (16, WIDTH)).astype("int32"),
        "padding_mask": (np.arange(WIDTH) < lengths).astype("int32"),
    }


def whole(model):
    """Return a model with the same variables that computes all rows of the last layer."""
    return keras.Model(model.inputs, model.outputs)


@pytest.mark.parametrize("layers", [1, 3])
def test_logits_match_the_whole_layer(layers, tiny_model, inputs):
    model = tiny_model(layers=layers)
    for variable in model.weights:  # far from even
        noise = np.random.default_rng(1).normal(0, 0.2, variable.shape)
        variable.assign(variable + noise.astype("float32"))
    found = model.predict(inputs, verbose=0)
    expected = whole(model).predict(inputs, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)
    assert found.std() > 0.1
    pooled = model.backbone.predict(inputs, verbose=0)["pooled_output"]
    kernel, bias = model.get_layer("logits").get_weights()
    np.testing.assert_allclose(found, pooled @ kernel + bias, rtol=0, atol=2e-6)


def test_ten_updates_give_the_same_weights(tiny_model, inputs):
    """Without dropout, which draws other numbers for fewer rows."""
    labels = np.arange(16) % 2
    found = []
    for make in (lambda model: model, whole):
        model = tiny_model(layers=2, all_dropout=0.0)
        trained = make(model)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        trained.compile(optimizer=AdamW(1e-3, global_clipnorm=1.0), loss=loss)
        trained.fit(inputs, labels, batch_size=8, epochs=5, shuffle=False, verbose=0)
        found.append({v.path: ops.convert_to_numpy(v.value) for v in model.trainable_variables})
    assert len(found[0]) == len(found[1])
    for (name, one), other in zip(found[0].items(), found[1].values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=3e-5, err_msg=name)


def test_dropout_is_applied_only_in_training(tiny_model, inputs):
    model = tiny_model(all_dropout=0.5)
    calm = [ops.convert_to_numpy(model(inputs)) for _ in range(2)]
    np.testing.assert_array_equal(*calm)
    drawn = [ops.convert_to_numpy(model(inputs, training=True)) for _ in range(2)]
    assert (drawn[0] != drawn[1]).all()


def test_a_frozen_layer_gives_the_same_too(tiny_model, inputs):
    model = tiny_model(layers=2)
    model.backbone.transformer_layers[-1].trainable = False
    np.testing.assert_allclose(
        ops.convert_to_numpy(model(inputs)), ops.convert_to_numpy(whole(model)(inputs)), atol=2e-6
    )
