"""The computation of a keras-hub `TransformerEncoder`, in fewer operations."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kbert.backend.dense import dense
from kbert.backend.dropout import dropout, next_seed
from kbert.backend.fused_attention import fused_attention


def recomputed_encoder_layer(layer: Any, rows: Any, mask: Any, training: bool | None) -> Any:
    """Return what `encoder_layer` returns, but keep only its arguments for the gradient.

    The rest is recomputed in the backward pass, which adds a third to a step's products. The
    dropout is the same both times: its seeds are drawn here.
    """
    seeds = [next_seed(part, training) for part in _dropouts(layer)]

    def compute(rows: Any) -> Any:  # TensorFlow cannot recompute with a bool tensor as an argument
        return encoder_layer(layer, rows, mask, training, seeds=seeds)

    return keras.remat(compute)(rows)


def encoder_layer(
    layer: Any,
    rows: Any,
    mask: Any,
    training: bool | None,
    some: Any = None,
    seeds: Sequence[Any] = (None, None, None),
) -> Any:
    """Return the output of a keras-hub `TransformerEncoder`, or that of some positions.

    The layer's own parts are called, so their weights, precision, LoRA and quantization apply.
    There are two differences: the dropout draws fewer random numbers, and neither the queries nor
    the feed-forward block of positions that nothing reads need to be computed.

    Leans on the parts and their order in `TransformerEncoder.call` where `normalize_first` is False
    (layers/modeling/transformer_encoder.py).

    Args:
        layer: keras_hub.layers.TransformerEncoder.
        rows: tensor [rows, width, hidden]. The output of the layer before it.
        mask: bool tensor [rows, width or some or 1, width]. What each position attends to.
        training: bool or None. Whether dropout is applied.
        some: tensor [rows, some, hidden]. The positions of `rows` whose results are needed.
            Defaults to None: all of them.
        seeds: seeds from `next_seed` for the dropout of the attention weights, of the attention's
            result and of the feed-forward block. Defaults to None for each: the layer's next seed.

    Returns:
        A tensor [rows, width or some, hidden].
    """
    wanted = rows if some is None else some
    _, first, second = _dropouts(layer)
    attended = _attention(layer._self_attention_layer, wanted, rows, mask, training, seeds[0])
    attended = dropout(first, attended, training, seeds[1])
    attended = layer._self_attention_layer_norm(attended + wanted)
    inner = dense(layer._feedforward_intermediate_dense, attended, training)
    outer = dense(layer._feedforward_output_dense, inner, training)
    outer = dropout(second, outer, training, seeds[2])
    return layer._feedforward_layer_norm(outer + attended)


def _dropouts(layer: Any) -> tuple[Any, Any, Any]:
    """Return the dropout of attention weights, of their result and of the feed-forward block."""
    return (
        layer._self_attention_layer._dropout_layer,
        layer._self_attention_dropout,
        layer._feedforward_dropout,
    )


def _attention(
    layer: Any, queries: Any, rows: Any, mask: Any, training: bool | None, seed: Any
) -> Any:
    """Return the output of a `MultiHeadAttention` whose keys and values are the same rows.

    Leans on `_compute_attention` of MultiHeadAttention (layers/attention/multi_head_attention.py).
    """
    query = dense(layer._query_dense, queries, training)
    key = dense(layer._key_dense, rows, training)
    value = dense(layer._value_dense, rows, training)
    dropped = layer._dropout_layer if training else None
    attended = fused_attention(query, key, value, mask, dropped, seed)
    if attended is not None:
        return dense(layer._output_dense, attended, training)
    query = ops.multiply(query, ops.cast(layer._inverse_sqrt_key_dim, query.dtype))
    scores = ops.einsum(layer._dot_product_equation, key, query)
    scores = layer._softmax(scores, mask=mask[:, None])
    scores = dropout(layer._dropout_layer, scores, training, seed)
    attended = ops.einsum(layer._combine_equation, scores, value)
    return dense(layer._output_dense, attended, training)
