"""Attention in one kernel is attention in single operations; a processor stands for a GPU here."""

import keras
import numpy as np
import pytest
from keras import ops

from kbert.backend import fused_attention as module
from kbert.backend.fused_attention import fused_attention

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(keras.backend.backend() != "torch", reason="a kernel of PyTorch"),
]

ROWS, QUERIES, WIDTH, HEADS, DIM = 3, 4, 6, 2, 5


@pytest.fixture
def kernel(monkeypatch):
    monkeypatch.setattr(module, "_has_kernel", lambda query: True)


def tensors(queries=QUERIES):
    random = np.random.default_rng(0)
    shapes = [(ROWS, queries, HEADS, DIM), (ROWS, WIDTH, HEADS, DIM), (ROWS, WIDTH, HEADS, DIM)]
    arrays = [random.normal(size=shape).astype("float32") for shape in shapes]
    mask = random.random((ROWS, queries, WIDTH)) < 0.6
    mask[:, :, 0] = True
    return arrays, mask


def by_hand(query, key, value, mask):
    """The shares of attention, and what they give."""
    scores = np.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(DIM)
    powers = np.where(mask[:, None], np.exp(scores), 0.0)
    shares = powers / powers.sum(axis=-1, keepdims=True)
    return shares, np.einsum("bhqk,bkhd->bqhd", shares, value)


def computed(arrays, mask, rate=0.0):
    tensors = [ops.convert_to_tensor(a) for a in (*arrays, mask)]
    return ops.convert_to_numpy(fused_attention(*tensors, rate))


def test_it_is_the_formula(kernel):
    arrays, mask = tensors()
    np.testing.assert_allclose(computed(arrays, mask), by_hand(*arrays, mask)[1], atol=1e-6)


def test_one_mask_for_all_queries(kernel):
    arrays, mask = tensors()
    expected = by_hand(*arrays, np.repeat(mask[:, :1], QUERIES, axis=1))[1]
    np.testing.assert_allclose(computed(arrays, mask[:, :1]), expected, atol=1e-6)


def test_shares_are_dropped_and_the_others_grow(kernel):
    (query, key, _), mask = tensors()
    # Of such values a result is the kept shares themselves.
    value = np.tile(np.eye(WIDTH, dtype="float32")[None, :, None], (ROWS, 1, HEADS, 1))
    query, key = (np.pad(a, ((0, 0), (0, 0), (0, 0), (0, WIDTH - DIM))) for a in (query, key))
    query *= np.sqrt(WIDTH / DIM)
    shares = by_hand(query[..., :DIM] / np.sqrt(WIDTH / DIM), key[..., :DIM], value, mask)[0]
    shares = shares.transpose(0, 2, 1, 3)
    keras.utils.set_random_seed(0)
    draws = np.stack([computed((query, key, value), mask, rate=0.25) for _ in range(400)])
    kept = draws != 0
    np.testing.assert_allclose(
        draws[kept], np.broadcast_to(shares / 0.75, draws.shape)[kept], rtol=1e-5
    )
    possible = np.broadcast_to(shares > 0, draws.shape)
    assert kept[possible].mean() == pytest.approx(0.75, abs=0.01)


def test_it_is_used_where_there_is_a_kernel_alone(kernel, monkeypatch):
    arrays, mask = tensors()
    given = [ops.convert_to_tensor(a) for a in (*arrays, mask)]
    monkeypatch.setattr(keras.config, "is_flash_attention_enabled", lambda: False)
    assert fused_attention(*given, 0.0) is None
    monkeypatch.undo()
    assert fused_attention(*given, 0.0) is None  # on a processor
