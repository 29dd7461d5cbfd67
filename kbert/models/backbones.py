"""keras-hub's BERT backbone, with weights from a preset."""

from typing import Any, Literal

import keras
import keras_hub

from kbert.errors import KbertError
from kbert.models.presets import Preset, call_hub

Gelu = Literal["tanh", "erf"]

_ARGUMENTS = (
    *("vocabulary_size", "num_layers", "num_heads", "hidden_dim", "intermediate_dim"),
    *("dropout", "max_sequence_length", "num_segments"),
)
# What a Hugging Face config calls the two forms of GELU.
_GELU: dict[str, Gelu] = {
    "gelu": "erf",
    "gelu_python": "erf",
    "gelu_new": "tanh",
    "gelu_fast": "tanh",
    "gelu_pytorch_tanh": "tanh",
}


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
        return call_hub(preset.name, load, dtype=dtype, load_weights=pretrained), "tanh"
    if preset.kind == "keras_hub_folder":
        return _local(preset, load, dtype=dtype, load_weights=pretrained), "tanh"
    config = preset.config()
    activation = config.get("hidden_act", "gelu")
    if activation not in _GELU:
        raise KbertError(
            f"{preset.name}: hidden_act must be one of {', '.join(_GELU)}. Received: {activation!r}"
        )
    if not pretrained:
        return new_backbone(_backbone_config(preset, config), dtype), _GELU[activation]
    if not any(preset.path.glob("*.safetensors")):
        raise KbertError(
            f"{preset.name} holds no weights (*.safetensors). To train a new model of that size "
            "from random weights: --weights random"
        )
    backbone = _local(preset, load, dtype=dtype, dropout=config.get("hidden_dropout_prob", 0.1))
    set_gelu(backbone, _GELU[activation])
    return backbone, _GELU[activation]


def new_backbone(config: dict[str, Any], dtype: Any = None) -> keras_hub.models.BertBackbone:
    """Return a backbone of random weights from the arguments of `BertBackbone`."""
    unknown = sorted(set(config) - set(_ARGUMENTS))
    if unknown:  # keras-hub would take them without a word
        raise KbertError(
            f"A backbone has no {', '.join(map(repr, unknown))}. Known: {', '.join(_ARGUMENTS)}."
        )
    try:
        return keras_hub.models.BertBackbone(**config, dtype=dtype)
    except TypeError as error:
        raise KbertError(f"The configuration of a backbone does not fit: {error}") from None


def set_gelu(backbone: keras_hub.models.BertBackbone, gelu: Gelu) -> None:
    """Make every layer of a backbone use this GELU; keras-hub builds all with tanh."""
    if gelu == "tanh":
        return
    for layer in backbone.transformer_layers:
        # There is no argument for it, and the dense layer that applies it is private.
        layer._feedforward_intermediate_dense.activation = keras.activations.gelu


def backbone_config(backbone: keras_hub.models.BertBackbone) -> dict[str, Any]:
    """Return the arguments of `BertBackbone` that make one of the same size."""
    return {name: getattr(backbone, name) for name in _ARGUMENTS}


def _backbone_config(preset: Preset, config: dict[str, Any]) -> dict[str, Any]:
    try:
        return {
            "vocabulary_size": config["vocab_size"],
            "num_layers": config["num_hidden_layers"],
            "num_heads": config["num_attention_heads"],
            "hidden_dim": config["hidden_size"],
            "intermediate_dim": config["intermediate_size"],
            "dropout": config.get("hidden_dropout_prob", 0.1),
            "max_sequence_length": config.get("max_position_embeddings", 512),
            "num_segments": config.get("type_vocab_size", 2),
        }
    except KeyError as error:
        raise KbertError(f"{preset.name}: config.json lacks {error}.") from None


def _local(preset: Preset, load: Any, **arguments: Any) -> keras_hub.models.BertBackbone:
    try:
        return load(str(preset.path), **arguments)
    except Exception as error:  # keras-hub lets through whatever its converters raise
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise KbertError(
            f"{preset.name} could not be loaded as a BERT: {first_line[:300]}"
        ) from error
