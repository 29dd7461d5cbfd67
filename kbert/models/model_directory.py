"""A model as a folder: config.json, vocab.txt and model.safetensors."""

import json
import re
from collections.abc import Iterable
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
        save_file(arrays_of(model.weights), new / "model.safetensors", metadata={"format": _FORMAT})


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
    return config, read_arrays(file), file


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


def assign_variables(
    variables: Iterable[Any], arrays: dict[str, np.ndarray], source: object
) -> None:
    """Set all variables by their paths, or raise KbertError and set none.

    Raises:
        KbertError: one is missing, unknown or of another shape; the first five are named.
    """
    by_path = by_stable_name(variables)
    faults = [f"missing: {name}" for name in by_path if name not in arrays]
    faults += [f"unknown: {name}" for name in arrays if name not in by_path]
    faults += [
        f"{name}: expected {tuple(by_path[name].shape)}, received {array.shape}"
        for name, array in arrays.items()
        if name in by_path and tuple(by_path[name].shape) != array.shape
    ]
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise KbertError(f"{source} does not fit the model: {'; '.join(faults[:5])}{more}.")
    for name, variable in by_path.items():
        variable.assign(arrays[name])


def arrays_of(variables: Iterable[Any]) -> dict[str, np.ndarray]:
    """Return the values of variables by their stable names."""
    named = by_stable_name(variables).items()
    return {name: np.array(keras.ops.convert_to_numpy(v.value)) for name, v in named}


def by_stable_name(variables: Iterable[Any]) -> dict[str, Any]:
    """Return variables by their path, the same on every backend and in every process.

    Keras numbers the seed generators of dropout through the whole process: the number is taken
    out, and of several in one layer the second has the suffix #2.
    """
    named: dict[str, Any] = {}
    for variable in variables:
        path = re.sub(r"\bseed_generator_\d+\b", "seed_generator", variable.path)
        place = 2
        name = path
        while name in named:
            name, place = f"{path}#{place}", place + 1
        named[name] = variable
    return named


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a safetensors file, or raise KbertError."""
    try:
        return load_file(file)
    except (SafetensorError, OSError) as error:
        raise KbertError(f"{file} cannot be read: {error}") from None
