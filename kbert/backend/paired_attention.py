"""Attention on a processor with JAX, two rows at a time."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from kbert.backend.dropout import LEVELS, jax_bits

_ROWS = 2


@partial(jax.jit, static_argnames="dropped")  # so that plain calls do not compile it each time
def paired_attention(query: Any, key: Any, value: Any, mask: Any, dropped: int, seed: Any) -> Any:
    """Return scaled attention with dropout.

        dropout(softmax(query @ key.T / sqrt(dim), where=mask)) @ value

    The scores of all pairs of tokens are larger than everything else in a step, and each operation
    on them waits for the memory. Those of two rows stay in a processor's cache, and still give work
    to its cores. For the gradient they are computed once more, with the same random numbers.

    Args:
        query: tensor [rows, queries, heads, dim], not scaled yet.
        key: tensor [rows, width, heads, dim].
        value: tensor [rows, width, heads, dim].
        mask: bool tensor [rows, queries or 1, width]. What each query attends to.
        dropped: int. The share of the scores that is dropped, in 2 ** 16ths.
        seed: tensor of two ints. Of the random numbers that decide which, or None if all are kept.

    Returns:
        A tensor [rows, queries, heads, dim].
    """

    @jax.checkpoint
    def attend(pair: tuple[Any, ...]) -> Any:
        query, key, value, mask, number = pair
        scores = jnp.einsum("bkhd,bqhd->bhqk", key, query)
        scores = jnp.where(mask[:, None], scores, jnp.finfo(scores.dtype).min)
        shares = jax.nn.softmax(scores)
        if dropped:
            bits = jax_bits(jax.random.fold_in(seed, number), shares.shape)
            kept = (bits >= dropped - LEVELS // 2).astype(shares.dtype)
            shares *= kept * (LEVELS / (LEVELS - dropped))
        return jnp.einsum("bhqk,bkhd->bqhd", shares, value)

    rows = len(query)
    pairs = -(-rows // _ROWS)
    given = [_in_pairs(each, pairs) for each in (query * query.shape[-1] ** -0.5, key, value, mask)]
    attended = jax.lax.map(attend, (*given, jnp.arange(pairs)))
    return attended.reshape(-1, *query.shape[1:])[:rows]


def _in_pairs(tensor: Any, pairs: int) -> Any:
    """Return [rows, ...] as [pairs, 2, ...], with an empty row at the end where rows are odd."""
    more = [(0, pairs * _ROWS - len(tensor)), *[(0, 0)] * (tensor.ndim - 1)]
    return jnp.pad(tensor, more).reshape(pairs, _ROWS, *tensor.shape[1:])
