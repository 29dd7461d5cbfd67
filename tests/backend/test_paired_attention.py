"""Attention two rows at a time has the same values and gradients as all rows at once."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "jax":
    pytest.skip("an operation of JAX", allow_module_level=True)

import jax
import jax.numpy as jnp

from kbert.backend.dropout import LEVELS, jax_kept
from kbert.backend.paired_attention import paired_attention

pytestmark = pytest.mark.keras

WIDTH, HEADS, DIM = 6, 2, 4
SEED = np.array([3, 4], "uint32")


def at_once(query, key, value, mask, dropped):
    rows = len(query)
    scores = jnp.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(DIM)
    powers = jnp.exp(scores) * mask[:, None]
    shares = powers / powers.sum(-1, keepdims=True)
    if dropped:
        kept = jax_kept(SEED, (rows + rows % 2, *shares.shape[1:]), dropped)[:rows]
        shares = shares * kept * LEVELS / (LEVELS - dropped)
    return jnp.einsum("bhqk,bkhd->bqhd", shares, value)


def in_pairs(query, key, value, mask, dropped):
    return paired_attention(query, key, value, mask, dropped, SEED if dropped else None)


def results(attention, rows, mask, dropped, dtype="float32"):
    """Return the value, and the gradients of query, key and value."""
    random = np.random.default_rng(0)
    shape = (rows, WIDTH, HEADS, DIM)
    query, key, value, outer = (jnp.asarray(random.normal(size=shape), dtype) for _ in range(4))
    found, backward = jax.vjp(lambda *given: attention(*given, mask, dropped), query, key, value)
    return [found, *backward(outer)]


def mask_of(rows, masks):
    mask = np.random.default_rng(1).random((rows, masks, WIDTH)) < 0.6
    mask[:, :, 0] = True
    return mask


@pytest.mark.parametrize(
    ("rows", "masks", "dropped"),
    [(1, 1, 0), (4, WIDTH, LEVELS // 10), (5, 1, LEVELS // 2), (5, WIDTH, LEVELS // 10)],
)
def test_values_and_gradients(rows, masks, dropped):
    mask = mask_of(rows, masks)
    for found, expected in zip(
        results(in_pairs, rows, mask, dropped), results(at_once, rows, mask, dropped), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


def test_a_query_that_attends_to_nothing_attends_to_all_equally():
    mask = mask_of(3, WIDTH)
    mask[1, 2] = False
    found, *gradients = results(in_pairs, 3, mask, 0)
    value = np.random.default_rng(0).normal(size=(3, 3, WIDTH, HEADS, DIM))[2]
    np.testing.assert_allclose(found[1, 2], value[1].mean(axis=0), atol=1e-6)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_bfloat16_is_close():
    mask = mask_of(4, WIDTH)
    for found, expected in zip(
        results(in_pairs, 4, mask, LEVELS // 4, "bfloat16"),
        results(at_once, 4, mask, LEVELS // 4),
        strict=True,
    ):
        assert found.dtype == "bfloat16"
        np.testing.assert_allclose(found.astype("float32"), expected, rtol=0.05, atol=0.05)
