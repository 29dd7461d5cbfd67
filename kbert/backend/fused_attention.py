"""Attention in one kernel, where the backend has one that knows dropout."""

from typing import Any

import keras


def fused_attention(query: Any, key: Any, value: Any, mask: Any, dropout: float) -> Any:
    """Return scaled attention computed by one kernel, or None where there is none.

        dropout(softmax(query @ key.T / sqrt(dim), where=mask)) @ value

    PyTorch has such a kernel for GPUs: it is faster than single operations, and does not keep the
    scores of all pairs of tokens. JAX's and TensorFlow's know no dropout, and on a processor single
    operations are faster. Dropout draws from PyTorch's own generator, as Keras's layers do.
    `keras.config.disable_flash_attention()` switches it off.

    Args:
        query: tensor [rows, queries, heads, dim], not scaled yet.
        key: tensor [rows, width, heads, dim].
        value: tensor [rows, width, heads, dim].
        mask: bool tensor [rows, queries or 1, width]. What each query attends to.
        dropout: float. The rate at which the shares of attention are dropped; 0 outside training.

    Returns:
        A tensor [rows, queries, heads, dim], or None.
    """
    if not _has_kernel(query) or keras.config.is_flash_attention_enabled() is False:
        return None
    import torch

    return torch.nn.functional.scaled_dot_product_attention(
        *(tensor.transpose(1, 2) for tensor in (query, key, value)),
        attn_mask=mask[:, None],
        dropout_p=dropout,
    ).transpose(1, 2)


def _has_kernel(query: Any) -> bool:
    return keras.backend.backend() == "torch" and query.device.type == "cuda"
