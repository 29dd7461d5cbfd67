"""Attention in one kernel, where torch has one that is faster than single operations."""

from typing import Any

import keras

from kbert.backend.choose_backend import computes_on_processor
from kbert.backend.dropout import dropped_levels


def fused_attention(
    query: Any, key: Any, value: Any, mask: Any, dropout: Any, seed: Any = None
) -> Any:
    """Return scaled attention computed by one kernel, or None where there is none.

        dropout(softmax(query @ key.T / sqrt(dim), where=mask)) @ value

    PyTorch's kernels do not keep the scores of all pairs of tokens. The one for processors knows no
    dropout: in training `blocked_attention` computes it. JAX's and TensorFlow's know none at all.
    On a GPU dropout draws from PyTorch's own generator, as Keras's layers do there.
    `keras.config.disable_flash_attention()` switches it off.

    Args:
        query: tensor [rows, queries, heads, dim], not scaled yet.
        key: tensor [rows, width, heads, dim].
        value: tensor [rows, width, heads, dim].
        mask: bool tensor [rows, queries or 1, width]. What each query attends to.
        dropout: keras.layers.Dropout of the shares of attention, or None outside training.
        seed: tensor. What `next_seed` has drawn. Defaults to None: the layer's next.

    Returns:
        A tensor [rows, queries, heads, dim], or None.
    """
    if keras.backend.backend() != "torch" or keras.config.is_flash_attention_enabled() is False:
        return None
    import torch

    from kbert.backend.blocked_attention import additive_mask, blocked_attention

    rate = 0.0 if dropout is None else dropout.rate
    if rate and computes_on_processor(query):
        dropped = dropped_levels(dropout)
        if not dropped:
            return None
        seed = dropout.seed_generator.next() if seed is None else seed
        return blocked_attention(query, key, value, mask, dropped, seed)
    return torch.nn.functional.scaled_dot_product_attention(
        *(tensor.transpose(1, 2) for tensor in (query, key, value)),
        attn_mask=additive_mask(mask, query),
        dropout_p=rate,
    ).transpose(1, 2)
