"""Attention in one kernel, or a few rows at a time, equals attention in single operations."""

import keras
import numpy as np
import pytest
from keras import ops

from kbert.backend import fused_attention as module
from kbert.backend.fused_attention import fused_attention

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="it has none"),
]

ROWS, QUERIES, WIDTH, HEADS, DIM = 3, 6, 6, 2, 5


def tensors():
    random = np.random.default_rng(0)
    shapes = [(ROWS, QUERIES, HEADS, DIM), (ROWS, WIDTH, HEADS, DIM), (ROWS, WIDTH, HEADS, DIM)]
    arrays = [random.normal(size=shape).astype("float32") for shape in shapes]
    mask = random.random((ROWS, QUERIES, WIDTH)) < 0.6
    mask[:, :, 0] = True
    return arrays, mask


def by_hand(query, key, value, mask):
    """The attention shares, and their output."""
    scores = np.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(DIM)
    powers = np.where(mask[:, None], np.exp(scores), 0.0)
    shares = powers / powers.sum(axis=-1, keepdims=True)
    return shares, np.einsum("bhqk,bkhd->bqhd", shares, value)


def computed(arrays, mask, dropout=None):
    tensors = [ops.convert_to_tensor(a) for a in (*arrays, mask)]
    return ops.convert_to_numpy(fused_attention(*tensors, dropout))


def test_it_matches_the_formula():
    arrays, mask = tensors()
    np.testing.assert_allclose(computed(arrays, mask), by_hand(*arrays, mask)[1], atol=1e-6)


def test_one_mask_for_all_queries():
    arrays, mask = tensors()
    expected = by_hand(*arrays, np.repeat(mask[:, :1], QUERIES, axis=1))[1]
    np.testing.assert_allclose(computed(arrays, mask[:, :1]), expected, atol=1e-6)


def test_a_query_that_attends_to_nothing_gives_finite_values():
    arrays, mask = tensors()
    mask[1, 2] = False
    found = computed(arrays, mask)
    assert np.isfinite(found).all()
    mask[1, 2] = True
    expected = by_hand(*arrays, mask)[1]
    others = [0, 1, 3, 4, 5]
    np.testing.assert_allclose(found[1, others], expected[1, others], atol=1e-6)


@pytest.mark.parametrize("device", ["processor", "as on a GPU"])
def test_some_shares_are_dropped_and_the_others_scaled(device, monkeypatch):
    if device != "processor":
        if keras.backend.backend() != "torch":
            pytest.skip("a kernel of PyTorch")
        monkeypatch.setattr(module, "computes_on_processor", lambda values: False)
    (query, key, _), mask = tensors()
    # With these values the result is the kept shares themselves.
    value = np.tile(np.eye(WIDTH, dtype="float32")[None, :, None], (ROWS, 1, HEADS, 1))
    query, key = (np.pad(a, ((0, 0), (0, 0), (0, 0), (0, WIDTH - DIM))) for a in (query, key))
    query *= np.sqrt(WIDTH / DIM)
    shares = by_hand(query[..., :DIM] / np.sqrt(WIDTH / DIM), key[..., :DIM], value, mask)[0]
    shares = shares.transpose(0, 2, 1, 3)
    keras.utils.set_random_seed(0)
    dropout = keras.layers.Dropout(0.25, seed=0)
    draws = np.stack([computed((query, key, value), mask, dropout) for _ in range(400)])
    kept = draws != 0
    np.testing.assert_allclose(
        draws[kept], np.broadcast_to(shares / 0.75, draws.shape)[kept], rtol=1e-5
    )
    possible = np.broadcast_to(shares > 0, draws.shape)
    assert kept[possible].mean() == pytest.approx(0.75, abs=0.01)


def test_it_can_be_switched_off(monkeypatch):
    arrays, mask = tensors()
    given = [ops.convert_to_tensor(a) for a in (*arrays, mask)]
    monkeypatch.setattr(keras.config, "is_flash_attention_enabled", lambda: False)
    assert fused_attention(*given, None) is None
    assert fused_attention(*given, keras.layers.Dropout(0.5)) is None


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="of JAX")
def test_jax_uses_single_operations_for_few_queries():
    arrays, mask = tensors()
    query, key, value = (ops.convert_to_tensor(a) for a in arrays)
    assert fused_attention(query, key, value, ops.convert_to_tensor(mask), None) is not None
    assert fused_attention(query[:, :1], key, value, mask[:, :1], None) is None
