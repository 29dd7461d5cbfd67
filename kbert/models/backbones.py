"""keras-hub's BERT backbone, with weights from a preset."""

from typing import Any, Literal

import keras
import keras_hub

from kbert.errors import InputError
from kbert.interop.config_checks import BACKBONE_ARGUMENTS, check_backbone
from kbert.interop.model_data import ModelData
from kbert.interop.sources import Preset, load_from_hub
from kbert.models.variables import assign_variables

Gelu = Literal["tanh", "erf"]


def load_backbone(
    preset: Preset, *, pretrained: bool = True, dtype: Any = None
) -> tuple[keras_hub.models.BertBackbone, Gelu]:
    """Return a preset's backbone and the GELU that its weights were trained with.

    Args:
        preset: Preset.
        pretrained: bool. False gives random weights of the preset's size. Defaults to True.
        dtype: dtype policy, such as "mixed_bfloat16", or None for Keras's own. Defaults to None.

    Raises:
        KbertError: weights are missing, or it is no BERT.
    """
    load = keras_hub.models.BertBackbone.from_preset
    if preset.path is None:
        return load_from_hub(preset.name, load, dtype=dtype, load_weights=pretrained), "tanh"
    if pretrained:
        source = preset.read(head=False)
        return build_encoder(source, dtype), source.gelu
    sizes, gelu = preset.sizes()
    backbone = new_backbone(sizes, dtype)
    set_gelu(backbone, gelu)
    return backbone, gelu


def build_encoder(source: ModelData, dtype: Any = None) -> keras_hub.models.BertBackbone:
    """Return the backbone of another program's model, with its weights."""
    backbone = new_backbone(source.backbone, dtype)
    set_gelu(backbone, source.gelu)
    encoder = {n: array for n, array in source.arrays.items() if not n.startswith("logits/")}
    assign_variables(backbone.weights, encoder, source.kind)
    return backbone


def new_backbone(config: dict[str, Any], dtype: Any = None) -> keras_hub.models.BertBackbone:
    """Return a backbone of random weights from the arguments of `BertBackbone`."""
    unknown = sorted(set(config) - set(BACKBONE_ARGUMENTS))
    if unknown:  # keras-hub would take them without a word
        raise InputError(
            "A backbone has no {map}. Known: {backbone_arguments}.",
            map=", ".join(map(repr, unknown)),
            backbone_arguments=", ".join(BACKBONE_ARGUMENTS),
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
        # There is no argument for it, and the dense layer that applies it is private.
        layer._feedforward_intermediate_dense.activation = keras.activations.gelu


def backbone_config(backbone: keras_hub.models.BertBackbone) -> dict[str, Any]:
    """Return the arguments of `BertBackbone` that make one of the same size."""
    return {name: getattr(backbone, name) for name in BACKBONE_ARGUMENTS}
