"""Attention in one kernel, or a few rows at a time, where that is faster than single operations."""

from typing import Any

import keras

from kbert.backend.choose_backend import computes_on_processor
from kbert.backend.dropout import dropped_levels


def fused_attention(
    query: Any, key: Any, value: Any, mask: Any, dropout: Any, seed: Any = None
) -> Any:
    """Return scaled attention, without keeping the scores of all token pairs.

        dropout(softmax(query @ key.T / sqrt(dim), where=mask)) @ value

    PyTorch's kernels do not keep them. The CPU kernel has no dropout, so `blocked_attention` is
    used in training. On a GPU, dropout draws from PyTorch's own generator, as Keras's layers do
    there. With JAX, `paired_attention` is used on a CPU.
    `keras.config.disable_flash_attention()` switches all of this off.

    Args:
        query: tensor [rows, queries, heads, dim], not scaled yet.
        key: tensor [rows, width, heads, dim].
        value: tensor [rows, width, heads, dim].
        mask: bool tensor [rows, queries or 1, width]. What each query attends to.
        dropout: keras.layers.Dropout of the attention weights, or None outside training.
        seed: tensor. A seed from `next_seed`. Defaults to None: the layer's next seed.

    Returns:
        A tensor [rows, queries, heads, dim], or None where single operations are faster.
    """
    compute = {"torch": _with_torch, "jax": _with_jax}.get(keras.backend.backend())
    if compute is None or keras.config.is_flash_attention_enabled() is False:
        return None
    return compute(query, key, value, mask, dropout, seed)


def _with_torch(query: Any, key: Any, value: Any, mask: Any, dropout: Any, seed: Any) -> Any:
    import torch

    from kbert.backend.blocked_attention import additive_mask, blocked_attention

    rate = 0.0 if dropout is None else dropout.rate
    if rate and computes_on_processor(query):
        drawn = _drawn(dropout, seed)
        return None if drawn is None else blocked_attention(query, key, value, mask, *drawn)
    return torch.nn.functional.scaled_dot_product_attention(
        *(tensor.transpose(1, 2) for tensor in (query, key, value)),
        attn_mask=additive_mask(mask, query),
        dropout_p=rate,
    ).transpose(1, 2)


def _with_jax(query: Any, key: Any, value: Any, mask: Any, dropout: Any, seed: Any) -> Any:
    known = isinstance(query.shape[0], int)  # not in an exported program
    whole = query.shape[1] == key.shape[1]  # the last layer has few queries
    if not (known and whole and computes_on_processor(query)):
        return None
    from kbert.backend.paired_attention import paired_attention

    drops = dropout is not None and dropout.rate
    drawn = _drawn(dropout, seed) if drops else (0, None)
    return None if drawn is None else paired_attention(query, key, value, mask, *drawn)


def _drawn(dropout: Any, seed: Any) -> tuple[int, Any] | None:
    """Return how many of the `LEVELS` are dropped, and the seed; None if these are too few."""
    dropped = dropped_levels(dropout)
    if not dropped:
        return None
    return dropped, dropout.seed_generator.next() if seed is None else seed
