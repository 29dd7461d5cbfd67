"""Dropout from fewer random numbers behaves like dropout."""

import keras
import numpy as np
import pytest
from keras import ops

from kbert.backend import dropout as module
from kbert.backend.dropout import dropout, next_seed

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("rate", [0.1, 0.5])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_share_and_scale_match_the_rate(rate, dtype):
    layer = keras.layers.Dropout(rate, seed=1)
    values = ops.ones((999, 1001), dtype)
    found = ops.convert_to_numpy(ops.cast(dropout(layer, values, True), "float32"))
    kept = found[found > 0]
    assert kept.size / found.size == pytest.approx(1 - rate, abs=2e-3)
    assert np.unique(kept).size == 1
    assert kept[0] == pytest.approx(1 / (1 - rate), rel=1e-5 if dtype == "float32" else 4e-3)
    # Rows and columns show no pattern.
    dropped = found == 0
    for axis in (0, 1):
        assert dropped.mean(axis=axis).std() < 3 * np.sqrt(rate * (1 - rate) / 999)
    neighbours = np.corrcoef(dropped.ravel()[:-1], dropped.ravel()[1:])[0, 1]
    assert abs(neighbours) < 5e-3


def test_calls_differ_and_a_seed_repeats_them():
    values = ops.ones((50, 50))
    first, again = keras.layers.Dropout(0.5, seed=1), keras.layers.Dropout(0.5, seed=1)
    drawn = [ops.convert_to_numpy(dropout(first, values, True)) for _ in range(2)]
    assert (drawn[0] != drawn[1]).any()
    np.testing.assert_array_equal(ops.convert_to_numpy(dropout(again, values, True)), drawn[0])


def test_calls_are_uncorrelated():
    layer, values = keras.layers.Dropout(0.5, seed=1), ops.ones((200, 500))
    drawn = [ops.convert_to_numpy(dropout(layer, values, True)).ravel() for _ in range(8)]
    correlations = np.corrcoef(drawn)[np.triu_indices(8, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(values.shape[0] * values.shape[1])


@pytest.mark.parametrize(("rate", "training"), [(0.0, True), (0.5, False), (0.5, None)])
def test_nothing_is_dropped(rate, training):
    values = ops.ones((3, 4))
    found = dropout(keras.layers.Dropout(rate), values, training)
    np.testing.assert_array_equal(ops.convert_to_numpy(found), np.ones((3, 4)))


def test_gradients_match_what_is_kept():
    if keras.backend.backend() != "torch":
        pytest.skip("elsewhere it is Keras's own")
    import torch

    values = torch.ones(30, 40, requires_grad=True)
    found = dropout(keras.layers.Dropout(0.25, seed=3), values, True)
    found.sum().backward()
    np.testing.assert_array_equal(values.grad.numpy(), found.detach().numpy())


def test_a_seed_drawn_beforehand_decides():
    layer = keras.layers.Dropout(0.5, seed=1)
    values = ops.ones((40, 50))
    seed = next_seed(layer, True)
    drawn = [ops.convert_to_numpy(dropout(layer, values, True, seed)) for _ in range(2)]
    np.testing.assert_array_equal(*drawn)
    again = keras.layers.Dropout(0.5, seed=1)
    np.testing.assert_array_equal(ops.convert_to_numpy(dropout(again, values, True)), drawn[0])
    assert next_seed(layer, False) is None
    assert next_seed(keras.layers.Dropout(0.0), True) is None


def test_keras_gets_the_seed_drawn_beforehand(monkeypatch):
    monkeypatch.setattr(module, "computes_on_processor", lambda values: False)
    layer, again = keras.layers.Dropout(0.25, seed=1), keras.layers.Dropout(0.25, seed=1)
    values = ops.ones((100, 200))
    drawn = ops.convert_to_numpy(dropout(layer, values, True, next_seed(layer, True)))
    assert (drawn == 0).mean() == pytest.approx(0.25, abs=0.02)
    np.testing.assert_array_equal(ops.convert_to_numpy(again(values, training=True)), drawn)
