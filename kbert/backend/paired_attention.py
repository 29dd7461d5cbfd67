"""Attention on a CPU with JAX, computed two rows at a time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from kbert.backend.dropout import LEVELS, jax_kept

_ROWS = 2
_Saved = tuple[Any, ...]


def paired_attention(query: Any, key: Any, value: Any, mask: Any, dropped: int, seed: Any) -> Any:
    """Return scaled attention with dropout.

        dropout(softmax(query @ key.T / sqrt(dim), where=mask)) @ value

    The scores of all token pairs are the largest tensor in a step, and each operation on them is
    memory-bound. The scores of two rows stay in the CPU's cache, and still keep its cores busy.
    They are recomputed for the gradient, with the same random numbers.

    Source: "FlashAttention", arXiv 2205.14135, section 3, for the gradient.

    The arguments and the result are those of `blocked_attention`; the seed is None if nothing is
    dropped.
    """
    return _compiled(dropped, query, key, value, mask, seed)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _attention(dropped: int, query: Any, key: Any, value: Any, mask: Any, seed: Any) -> Any:
    return _forward(dropped, query, key, value, mask, seed)[0]


def _forward(
    dropped: int, query: Any, key: Any, value: Any, mask: Any, seed: Any
) -> tuple[Any, _Saved]:
    shape = query.shape
    # Dropout scales up what it keeps. Scaling the values instead of the scores is cheaper.
    query, value = query * shape[-1] ** -0.5, value * (LEVELS / (LEVELS - dropped))
    query, key, value = (_in_pairs(_by_head(each)) for each in (query, key, value))
    mask = _in_pairs(mask)
    kept = _kept_of(dropped, seed, (*query.shape[1:-1], key.shape[-2]))

    def attend(pair: _Saved) -> tuple[Any, _Saved]:
        query, key, value, mask, number = pair
        scores = _scores(query, key, mask)
        largest = scores.max(-1, keepdims=True)
        powers = jnp.exp(scores - largest)
        scale = 1 / powers.sum(-1, keepdims=True)
        result = _means(kept(number, powers), value) * scale
        return result.astype(value.dtype), (largest, scale)

    result, scales = jax.lax.map(attend, (query, key, value, mask, _numbers(query)))
    return _by_row(result, shape), (query, key, value, mask, seed, result, scales)


def _backward(dropped: int, saved: _Saved, gradient: Any) -> _Saved:
    query, key, value, mask, seed, result, scales = saved
    shape = gradient.shape
    gradient = _in_pairs(_by_head(gradient))
    means = (gradient * result).sum(-1, keepdims=True, dtype="float32")
    kept = _kept_of(dropped, seed, (*query.shape[1:-1], key.shape[-2]))

    def attend(pair: _Saved) -> _Saved:
        query, key, value, mask, number, gradient, means, (largest, scale) = pair
        shares = jnp.exp(_scores(query, key, mask) - largest) * scale
        of_shares = kept(number, _products(gradient, value))
        of_scores = (shares * (of_shares - means)).astype(query.dtype)
        of_value = _means(kept(number, shares).mT, gradient)
        return _means(of_scores, key), _means(of_scores.mT, query), of_value

    given = (query, key, value, mask, _numbers(query), gradient, means, scales)
    of_query, of_key, of_value = jax.lax.map(attend, given)
    width = (shape[0], key.shape[-2], *shape[2:])
    return (
        _by_row(of_query, shape).astype(query.dtype) * shape[-1] ** -0.5,
        _by_row(of_key, width).astype(key.dtype),
        _by_row(of_value, width).astype(value.dtype) * (LEVELS / (LEVELS - dropped)),
        None,
        None,
    )


_attention.defvjp(_forward, _backward)
# Plain calls would compile it each time.
_compiled = jax.jit(_attention, static_argnums=0)


def _kept_of(dropped: int, seed: Any, shape: tuple[int, ...]) -> Callable[[Any, Any], Any]:
    """Return a function that drops shares [rows, heads, queries, width] of the pair at an index."""

    def kept(number: Any, shares: Any) -> Any:
        if not dropped:
            return shares
        return jnp.where(jax_kept(seed, shape, dropped, number), shares, 0.0)

    return kept


def _scores(query: Any, key: Any, mask: Any) -> Any:
    scores = _products(query, key)
    # A query that attends to nothing, as in an empty row, then gives numbers.
    return jnp.where(mask[:, None], scores, jnp.finfo(scores.dtype).min)


def _products(one: Any, other: Any) -> Any:
    """Return the products of all token pairs, in float32."""
    return jnp.einsum("bhqd,bhkd->bhqk", one, other, preferred_element_type="float32")


def _means(shares: Any, values: Any) -> Any:
    """Return the sums of the values, weighted by the shares, in float32."""
    shares = shares.astype(values.dtype)
    return jnp.einsum("bhqk,bhkd->bhqd", shares, values, preferred_element_type="float32")


def _numbers(pairs: Any) -> Any:
    return jnp.arange(len(pairs), dtype="uint32")


def _by_head(tensor: Any) -> Any:
    """Return [rows, tokens, heads, dim] as [rows, heads, tokens, dim]."""
    return tensor.transpose(0, 2, 1, 3)


def _in_pairs(tensor: Any) -> Any:
    """Return [rows, ...] as [pairs, 2, ...], with an empty row at the end for an odd number."""
    more = [(0, len(tensor) % _ROWS), *[(0, 0)] * (tensor.ndim - 1)]
    return jnp.pad(tensor, more).reshape(-1, _ROWS, *tensor.shape[1:])


def _by_row(pairs: Any, shape: tuple[int, ...]) -> Any:
    """Return pairs of rows by head as an array of this shape."""
    rows, tokens, heads, dim = shape
    return _by_head(pairs.reshape(-1, heads, tokens, dim))[:rows]
