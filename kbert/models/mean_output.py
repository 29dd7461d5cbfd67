"""The output of a BERT for a whole text without the pooler: the mean over its tokens."""

from collections.abc import Mapping
from typing import Any

import keras_hub
from keras import ops

from kbert.models.pooled_output import after_layers, attended, check_inputs


def mean_output(
    backbone: keras_hub.models.BertBackbone,
    inputs: Mapping[str, Any],
    training: bool | None,
    recompute: bool = False,
) -> Any:
    """Return the mean of a backbone's last layer over the real tokens of each text.

        sum(sequence_output * padding_mask) / sum(padding_mask)

    The arguments and errors are those of `pooled_output`.

    Returns:
        A float32 tensor [texts, hidden].
    """
    check_inputs(inputs)
    layers = backbone.transformer_layers
    rows = after_layers(backbone, layers, inputs, attended(inputs), training, recompute)
    if "text_ids" not in inputs:
        return mean_of_tokens(rows, inputs["padding_mask"])
    # A text's first token attends to exactly the text's tokens.
    shares = ops.cast(attended(inputs, inputs["cls_tokens"]), "float32")
    sums = ops.matmul(shares, ops.cast(rows, "float32"))
    means = sums / ops.sum(shares, axis=2, keepdims=True)
    return ops.take(ops.reshape(means, (-1, means.shape[-1])), inputs["cls_slots"], axis=0)


def mean_of_tokens(rows: Any, padding_mask: Any) -> Any:
    """Return the mean of rows [texts, width, hidden] over the tokens that are not padding."""
    # LiteRT has no slice that adds an axis at the end.
    shares = ops.expand_dims(ops.cast(padding_mask, "float32"), 2)
    return ops.sum(ops.cast(rows, "float32") * shares, axis=1) / ops.sum(shares, axis=1)
