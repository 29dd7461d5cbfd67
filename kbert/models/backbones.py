"""keras-hub's BERT backbone, with weights from a preset."""

from pathlib import Path
from typing import Any, Literal

import keras
import keras_hub

from kbert.errors import KbertError
from kbert.models.model_sizes import check_backbone, check_size
from kbert.models.presets import Preset, call_hub, read_json
from kbert.untrusted import (
    check_file,
    h5_size,
    plain_name,
    safetensors_size,
)

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
    config = preset.config()
    if preset.kind == "keras_hub_folder":
        return _keras_hub_folder(preset, config.get("config"), pretrained, dtype), "tanh"
    activation = config.get("hidden_act", "gelu")
    if not isinstance(activation, str) or activation not in _GELU:
        raise KbertError(
            f"{preset.name}: hidden_act must be one of {', '.join(_GELU)}. "
            f"Received: {activation!r:.80}"
        )
    sizes = _backbone_config(preset, config)
    if not pretrained:
        return new_backbone(sizes, dtype), _GELU[activation]
    if not any(preset.path.glob("*.safetensors")):
        pickles = sorted(preset.path.glob("*.bin"))
        if pickles:
            raise KbertError(
                f"{pickles[0]} is a pickle, which can run code when it is read; kbert reads "
                "*.safetensors. Convert it where it was made: "
                "model.save_pretrained(FOLDER, safe_serialization=True)"
            )
        raise KbertError(
            f"{preset.name} holds no weights (*.safetensors). To train a new model of that size "
            "from random weights: --weights random"
        )
    check_backbone(sizes, preset.path / "config.json")
    check_size(sizes, 0, _local(preset, _weights_size, preset.path), preset.name)
    # The whole path: keras-hub takes a relative one for the name of a preset of its own.
    folder = str(preset.path.resolve())
    backbone = _local(preset, load, folder, dtype=dtype, dropout=sizes["dropout"])
    set_gelu(backbone, _GELU[activation])
    return backbone, _GELU[activation]


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


def _weights_size(folder: Path) -> tuple[int, int]:
    """Return how many arrays and numbers a folder's safetensors hold, after checking them."""
    names = ["model.safetensors"]
    index = folder / "model.safetensors.index.json"
    if index.exists():
        shards = read_json(index).get("weight_map")
        names = list(shards.values()) if isinstance(shards, dict) else []
        if not names or not all(map(plain_name, names)):
            raise KbertError(f"{index}: names of files in the folder itself were expected.")
    sizes = [safetensors_size(folder / name, folder) for name in sorted(set(names))]
    return sum(arrays for arrays, _ in sizes), sum(numbers for _, numbers in sizes)


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
