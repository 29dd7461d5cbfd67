"""keras-hub's BERT backbone, with weights from a preset."""

from typing import Any, Literal

import keras
import keras_hub

from kbert.errors import KbertError
from kbert.interop.google import google_sizes
from kbert.interop.hugging_face import hugging_face_gelu, hugging_face_sizes
from kbert.interop.plain_model import PlainModel
from kbert.model_sizes import check_backbone, check_size
from kbert.models.presets import Preset, call_hub
from kbert.models.variables import assign_variables
from kbert.untrusted import (
    check_file,
    h5_size,
)

Gelu = Literal["tanh", "erf"]

_ARGUMENTS = (
    *("vocabulary_size", "num_layers", "num_heads", "hidden_dim", "intermediate_dim"),
    *("dropout", "max_sequence_length", "num_segments"),
)


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
    config = preset.config()
    if preset.kind == "keras_hub_folder":
        return _keras_hub_folder(preset, config.get("config"), pretrained, dtype), "tanh"
    if pretrained:
        source = preset.read()
        return encoder_of(source, dtype), source.gelu
    if preset.kind == "google":
        return new_backbone(google_sizes(preset.path), dtype), "tanh"
    file = preset.path / "config.json"
    gelu = hugging_face_gelu(config, file)
    backbone = new_backbone(hugging_face_sizes(config, file), dtype)
    set_gelu(backbone, gelu)
    return backbone, gelu


def encoder_of(source: PlainModel, dtype: Any = None) -> keras_hub.models.BertBackbone:
    """Return the backbone of another program's model, with its weights."""
    backbone = new_backbone(source.backbone, dtype)
    set_gelu(backbone, source.gelu)
    encoder = {n: array for n, array in source.arrays.items() if not n.startswith("logits/")}
    assign_variables(backbone.weights, encoder, source.kind)
    return backbone


def new_backbone(config: dict[str, Any], dtype: Any = None) -> keras_hub.models.BertBackbone:
    """Return a backbone of random weights from the arguments of `BertBackbone`."""
    unknown = sorted(set(config) - set(_ARGUMENTS))
    if unknown:  # keras-hub would take them without a word
        raise KbertError(
            f"A backbone has no {', '.join(map(repr, unknown))}. Known: {', '.join(_ARGUMENTS)}."
        )
    check_backbone(config, "The backbone")
    try:
        return keras_hub.models.BertBackbone(**config, dtype=dtype)
    except (TypeError, ValueError) as error:
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


def _keras_hub_folder(
    preset: Preset, config: Any, pretrained: bool, dtype: Any
) -> keras_hub.models.BertBackbone:
    """Return the backbone of a keras-hub folder, without the class that its file names."""
    assert preset.path is not None
    check_backbone(config, preset.path / "config.json")
    sizes = {name: config[name] for name in _ARGUMENTS if name in config}
    if not pretrained:
        return new_backbone(sizes, dtype)
    file = preset.path / "model.weights.h5"
    if not file.is_file():
        raise KbertError(
            f"{preset.name} holds no weights (model.weights.h5). To train a new model of that "
            "size from random weights: --weights random"
        )
    check_file(file, preset.path)
    check_size(sizes, 0, h5_size(file, file), file)
    backbone = new_backbone(sizes, dtype)
    _local(preset, backbone.load_weights, str(file))
    return backbone


def _local(preset: Preset, load: Any, path: Any, **arguments: Any) -> Any:
    try:
        return load(path, **arguments)
    except Exception as error:  # keras-hub lets through whatever its converters raise
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise KbertError(
            f"{preset.name} could not be loaded as a BERT: {first_line[:300]}"
        ) from error
