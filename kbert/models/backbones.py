"""keras-hub's BERT backbone, with weights from a preset."""

from collections.abc import Mapping
from typing import Any

import keras_hub

from kbert.backend.encoder_internals import attention_dropout, set_dropout, set_layer_norm_epsilon
from kbert.backend.encoder_internals import set_gelu as set_layer_gelu
from kbert.backend.gelu import erf_gelu
from kbert.choices import Gelu
from kbert.errors import InputError
from kbert.findings import Joined, worded
from kbert.interop.config_checks import (
    BACKBONE_ARGUMENTS,
    HUB_ARGUMENTS,
    check_backbone,
    with_defaults,
)
from kbert.interop.model_data import ModelData
from kbert.interop.source import Source
from kbert.models.variables import assign_variables
from kbert.utils.say import say


def load_backbone(
    source: Source, *, pretrained: bool = True, dtype: Any = None
) -> tuple[keras_hub.models.BertBackbone, Gelu]:
    """Return a source's backbone and the GELU that its weights were trained with.

    Args:
        source: Source.
        pretrained: bool. False gives random weights of the source's size. Defaults to True.
        dtype: dtype policy, such as "mixed_bfloat16", or None for Keras's own. Defaults to None.

    Raises:
        InputError: weights are missing, or the source is not a BERT.
    """
    if pretrained:
        data = source.read(head=False)
        for note in data.notes:
            say(note)
        if not data.has_pooler:
            say(worded("{name} has no pooler: training starts with a new one.", name=source.name))
        return build_encoder(data, dtype), data.gelu
    sizes, gelu = source.sizes()
    backbone = new_backbone(sizes, dtype)
    set_gelu(backbone, gelu)
    return backbone, gelu


def build_encoder(data: ModelData, dtype: Any = None) -> keras_hub.models.BertBackbone:
    """Return a model's backbone, with its weights.

    A model without a pooler gets a new one: keras-hub draws it as Google's code does, from a normal
    distribution with a standard deviation of 0.02, truncated at two standard deviations. Its bias
    is zero.
    """
    backbone = new_backbone(data.backbone, dtype)
    set_gelu(backbone, data.gelu)
    encoder = {n: array for n, array in data.arrays.items() if not n.startswith("logits/")}
    variables = [v for v in backbone.weights if data.has_pooler or "pooled_dense" not in v.path]
    assign_variables(variables, encoder, data.source)
    return backbone


def new_backbone(config: Mapping[str, Any], dtype: Any = None) -> keras_hub.models.BertBackbone:
    """Return a backbone with random weights from its arguments; see `BACKBONE_ARGUMENTS`."""
    unknown = sorted(set(config) - set(BACKBONE_ARGUMENTS))
    if unknown:  # keras-hub would accept them silently
        raise InputError(
            "A backbone has no {unknown}. Known: {known}.",
            unknown=Joined(map(repr, unknown)),
            known=Joined(BACKBONE_ARGUMENTS),
        )
    check_backbone(config, worded("The backbone"))
    full = with_defaults(config)
    dropout, attention = full["dropout"], full.get("attention_dropout", full["dropout"])
    sizes = {**{name: full[name] for name in HUB_ARGUMENTS}, "dropout": max(dropout, attention)}
    try:
        backbone = keras_hub.models.BertBackbone(**sizes, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise InputError(
            "The configuration of a backbone does not fit: {error}", error=error
        ) from None
    if attention != dropout:
        backbone.dropout = backbone.embeddings_dropout.rate = dropout
        for layer in backbone.transformer_layers:
            set_dropout(layer, dropout, attention)
    if "layer_norm_epsilon" in full:
        backbone.embeddings_layer_norm.epsilon = full["layer_norm_epsilon"]
        for layer in backbone.transformer_layers:
            set_layer_norm_epsilon(layer, full["layer_norm_epsilon"])
    return backbone


def set_gelu(backbone: keras_hub.models.BertBackbone, gelu: Gelu) -> None:
    """Make every layer of a backbone use this GELU; keras-hub builds all layers with tanh."""
    if gelu == "tanh":
        return
    for layer in backbone.transformer_layers:
        set_layer_gelu(layer, erf_gelu)


def backbone_config(backbone: keras_hub.models.BertBackbone) -> dict[str, Any]:
    """Return the arguments with which `new_backbone` makes a backbone of the same size."""
    sizes = {name: getattr(backbone, name) for name in HUB_ARGUMENTS}
    sizes["layer_norm_epsilon"] = float(backbone.embeddings_layer_norm.epsilon)
    sizes["attention_dropout"] = attention_dropout(backbone.transformer_layers[0])
    return with_defaults(sizes)
