"""keras-hub's BERT backbone, with weights from a preset."""

from collections.abc import Mapping
from typing import Any

import keras
import keras_hub

from kbert.backend.keras_internals import set_gelu as set_layer_gelu
from kbert.choices import Gelu
from kbert.errors import InputError
from kbert.interop.config_checks import BACKBONE_ARGUMENTS, check_backbone
from kbert.interop.model_data import ModelData
from kbert.interop.source import Source
from kbert.models.variables import assign_variables


def load_backbone(
    source: Source, *, pretrained: bool = True, dtype: Any = None
) -> tuple[keras_hub.models.BertBackbone, Gelu]:
    """Return a source's backbone and the GELU that its weights were trained with.

    Args:
        source: Source.
        pretrained: bool. False gives random weights of the source's size. Defaults to True.
        dtype: dtype policy, such as "mixed_bfloat16", or None for Keras's own. Defaults to None.

    Raises:
        InputError: weights are missing, or it is not a BERT.
    """
    if pretrained:
        data = source.read(head=False)
        return build_encoder(data, dtype), data.gelu
    sizes, gelu = source.sizes()
    backbone = new_backbone(sizes, dtype)
    set_gelu(backbone, gelu)
    return backbone, gelu


def build_encoder(data: ModelData, dtype: Any = None) -> keras_hub.models.BertBackbone:
    """Return a model's backbone, with its weights."""
    backbone = new_backbone(data.backbone, dtype)
    set_gelu(backbone, data.gelu)
    encoder = {n: array for n, array in data.arrays.items() if not n.startswith("logits/")}
    assign_variables(backbone.weights, encoder, data.source)
    return backbone


def new_backbone(config: Mapping[str, Any], dtype: Any = None) -> keras_hub.models.BertBackbone:
    """Return a backbone of random weights from the arguments of `BertBackbone`."""
    unknown = sorted(set(config) - set(BACKBONE_ARGUMENTS))
    if unknown:  # keras-hub would take them without a word
        raise InputError(
            "A backbone has no {unknown}. Known: {known}.",
            unknown=", ".join(map(repr, unknown)),
            known=", ".join(BACKBONE_ARGUMENTS),
        )
    check_backbone(config, "The backbone")
    try:
        return keras_hub.models.BertBackbone(**config, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise InputError(
            "The configuration of a backbone does not fit: {error}", error=error
        ) from None


def set_gelu(backbone: keras_hub.models.BertBackbone, gelu: Gelu) -> None:
    """Make every layer of a backbone use this GELU; keras-hub builds all with tanh."""
    if gelu == "tanh":
        return
    for layer in backbone.transformer_layers:
        set_layer_gelu(layer, keras.activations.gelu)


def backbone_config(backbone: keras_hub.models.BertBackbone) -> dict[str, Any]:
    """Return the arguments of `BertBackbone` that make one of the same size."""
    return {name: getattr(backbone, name) for name in BACKBONE_ARGUMENTS}
