"""What kbert needs of keras-hub's `TransformerEncoder` beyond its public API.

Each function names what it leans on, as of keras 3.15 and keras-hub 0.32, and has a test of its
own in tests/backend/test_encoder_internals.py, which fails by name when these change.
"""

from collections.abc import Callable
from typing import Any


def set_gelu(layer: Any, activation: Callable[[Any], Any]) -> None:
    """Set the activation of a keras-hub `TransformerEncoder`.

    keras-hub's BertBackbone has no argument for it. Leans on
    `self._feedforward_intermediate_dense = keras.layers.Dense(` (layers/modeling/
    transformer_encoder.py).
    """
    layer._feedforward_intermediate_dense.activation = activation


def set_layer_norm_epsilon(layer: Any, epsilon: float) -> None:
    """Set the epsilon of both layer normalizations of a keras-hub `TransformerEncoder`.

    keras-hub's BertBackbone has no argument for it. Leans on
    `self._self_attention_layer_norm = keras.layers.LayerNormalization(` and
    `self._feedforward_layer_norm = keras.layers.LayerNormalization(` (layers/modeling/
    transformer_encoder.py), and on `self.epsilon,` in `LayerNormalization.call`
    (layers/normalization/layer_normalization.py).
    """
    layer._self_attention_layer_norm.epsilon = epsilon
    layer._feedforward_layer_norm.epsilon = epsilon
    layer.layer_norm_epsilon = epsilon


def set_dropout(layer: Any, dropout: float, attention: float) -> None:
    """Set the dropout of a keras-hub `TransformerEncoder`, and that of its attention's weights.

    keras-hub's BertBackbone has one argument for both. The layer must have been made with a dropout
    above 0: only then do its parts hold random generators. Leans on
    `self._self_attention_dropout = keras.layers.Dropout(` and
    `self._feedforward_dropout = keras.layers.Dropout(` (layers/modeling/transformer_encoder.py),
    and on `if self._dropout > 0.0:` and `final_attn_scores = self._dropout_layer(`
    (layers/attention/multi_head_attention.py).
    """
    layer._self_attention_dropout.rate = dropout
    layer._feedforward_dropout.rate = dropout
    layer.dropout = dropout
    layer._self_attention_layer._dropout_layer.rate = attention
    layer._self_attention_layer._dropout = attention


def attention_dropout(layer: Any) -> float:
    """Return the dropout of the attention's weights of a keras-hub `TransformerEncoder`."""
    return layer._self_attention_layer.dropout
