"""A model as a folder: config.json, vocab.txt and model.safetensors."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from kbert.data.tokenizer import Tokenizer
from kbert.errors import KbertError
from kbert.files import new_directory
from kbert.models.presets import read_json

_FORMAT = "kbert-model-1"


def write_model(model: keras.Model, folder: Path) -> None:
    """Write a classifier's configuration, vocabulary and weights in place of `folder`."""
    config = model.get_config()
    vocabulary = config["tokenizer"].pop("vocabulary")
    with new_directory(folder) as new:
        text = json.dumps({"format": _FORMAT, **config}, indent=2, ensure_ascii=False)
        (new / "config.json").write_text(text + "\n", encoding="utf-8")
        (new / "vocab.txt").write_bytes(("\n".join(vocabulary) + "\n").encode())
        save_file(weights_of(model), new / "model.safetensors", metadata={"format": _FORMAT})


def read_model(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray], Path]:
    """Return the configuration and the weights of a run directory or model folder.

    Returns:
        The classifier's `get_config`, its weights by path, and the file that held them.

    Raises:
        KbertError: there is none, or it is of another kind.
    """
    folder = path / "model" if (path / "model" / "config.json").is_file() else path
    if not (folder / "config.json").is_file():
        what = "holds no trained model" if path.exists() else "does not exist"
        raise KbertError(f"{path} {what}. Expected a run directory that `kbert train` has written.")
    config = read_json(folder / "config.json")
    if config.pop("format", None) != _FORMAT:
        raise KbertError(
            f"{folder / 'config.json'} is not a kbert model ({_FORMAT}). To start from another "
            "model's weights, train with --preset"
        )
    settings = config.get("tokenizer", {})
    config["tokenizer"] = Tokenizer.from_file(folder / "vocab.txt", **settings).get_config()
    file = folder / "model.safetensors"
    try:
        return config, load_file(file), file
    except (SafetensorError, OSError) as error:
        raise KbertError(f"{file} cannot be read: {error}") from None


def read_keras_file(path: Path) -> keras.Model:
    """Return the model in a .keras file, or raise KbertError."""
    # Keras finds the classes that are registered, which they are once imported.
    import kbert.optimizers
    import kbert.schedules  # noqa: F401

    if not path.is_file():
        raise KbertError(f"There is no file {path}.")
    try:
        return keras.models.load_model(path)
    except Exception as error:  # Keras lets through whatever its zip and h5 readers raise
        raise KbertError(f"{path} cannot be loaded: {str(error).splitlines()[0][:300]}") from error


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    """Return the weights by their path, which is the same on every backend."""
    arrays = {w.path: keras.ops.convert_to_numpy(w.value) for w in model.weights}
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def set_weights(model: keras.Model, arrays: dict[str, np.ndarray], source: object) -> None:
    """Set all weights of a model, or raise KbertError and set none.

    Raises:
        KbertError: a weight is missing, unknown or of another shape; the first five are named.
    """
    weights = {weight.path: weight for weight in model.weights}
    faults = [f"missing: {name}" for name in weights if name not in arrays]
    faults += [f"unknown: {name}" for name in arrays if name not in weights]
    faults += [
        f"{name}: expected {tuple(weights[name].shape)}, received {array.shape}"
        for name, array in arrays.items()
        if name in weights and tuple(weights[name].shape) != array.shape
    ]
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise KbertError(f"{source} does not fit the model: {'; '.join(faults[:5])}{more}.")
    for name, weight in weights.items():
        weight.assign(arrays[name])
