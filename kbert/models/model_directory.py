"""A model as a folder: config.json, vocab.txt and model.safetensors."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from kbert.errors import KbertError
from kbert.interop.config_checks import check_classifier, check_size, full_backbone
from kbert.interop.kbert_model import FORMAT, model_tokenizer
from kbert.interop.plain_model import PlainModel, take_weights
from kbert.interop.weights import weights_of
from kbert.models.variables import arrays_of
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.files import new_directory, replace_file, save_arrays
from kbert.utils.untrusted import (
    check_file,
    read_json,
    safetensors_size,
)

_WEIGHTS = "model.safetensors"


def write_model(model: keras.Model, folder: Path) -> None:
    """Write a classifier's configuration, vocabulary and weights in place of `folder`."""
    config = model.get_config()
    vocabulary = config["tokenizer"].pop("vocabulary")
    settings = json.dumps({"format": FORMAT, **config}, indent=2, ensure_ascii=False) + "\n"
    files = {
        "config.json": settings.encode(),
        "vocab.txt": ("\n".join(vocabulary) + "\n").encode(),
    }
    arrays = arrays_of(model.weights)
    if all(_holds(folder / name, content) for name, content in files.items()):
        # As after every better epoch of a run: one file is replaced, in one step.
        replace_file(folder / _WEIGHTS, lambda file: save_arrays(arrays, file))
        return
    with new_directory(folder) as new:
        for name, content in files.items():
            (new / name).write_bytes(content)
        save_arrays(arrays, new / _WEIGHTS)


def _holds(file: Path, content: bytes) -> bool:
    try:
        return file.read_bytes() == content
    except OSError:
        return False


def read_model(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray], Path]:
    """Return the configuration and the weights of a run directory or model folder.

    Returns:
        The classifier's `get_config`, its weights by path, and the file that held them.

    Raises:
        KbertError: there is none, or it is of another kind.
    """
    folder = path / "model" if (path / "model" / "config.json").is_file() else path
    if path.is_file():
        raise KbertError(
            f"{path} is a file. Expected a run directory, a model folder or a .keras file; weights "
            "of another form (.h5, .npz, .bin, .pt) are not read."
        )
    if not (folder / "config.json").is_file():
        what = "holds no trained model" if path.exists() else "does not exist"
        raise KbertError(f"{path} {what}. Expected a run directory that `kbert train` has written.")
    file = folder / _WEIGHTS
    check_file(folder / "config.json", path)
    config = read_json(folder / "config.json")
    if config.pop("format", None) != FORMAT:
        raise KbertError(
            f"{folder / 'config.json'} is not a kbert model ({FORMAT}). To start from another "
            "model's weights, train with --preset"
        )
    check_classifier(config, folder / "config.json")
    config["tokenizer"] = model_tokenizer(folder, config).get_config()
    check_size(config["backbone"], len(config["labels"]), safetensors_size(file), file)
    return config, read_arrays(file), file


def read_own(path: Path) -> PlainModel:
    """Return the model of a run directory or a model folder as plain data."""
    config, held, file = read_model(path)
    backbone, labels = full_backbone(config["backbone"]), tuple(config["labels"])
    return PlainModel(
        kind="a model of kbert's",
        backbone=backbone,
        gelu=config.get("gelu", "tanh"),
        read_tokenizer=lambda: Tokenizer.from_config(config["tokenizer"]),
        arrays=take_weights(
            weights_of(backbone, len(labels)),
            {name: array.shape for name, array in held.items()},
            held.__getitem__,
            file,
            form="kbert",
        ),
        classes=len(labels),
        labels=labels,
        dropout=config.get("dropout", 0.1),
        max_length=config.get("max_length"),
        dtype=config.get("dtype"),
    )


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a safetensors file, or raise KbertError."""
    try:
        return load_file(file)
    except (SafetensorError, OSError, KeyError) as error:  # KeyError: a type that NumPy lacks
        raise KbertError(f"{file} cannot be read: {error}") from None
