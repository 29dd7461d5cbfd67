"""A model as a folder: config.json, vocab.txt and model.safetensors."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from kbert.errors import InputError
from kbert.interop.config_checks import check_classifier, check_fits_file, with_defaults
from kbert.interop.kbert_model import FORMAT, model_tokenizer
from kbert.interop.model_data import ModelData, take_weights
from kbert.interop.weights import weight_specs
from kbert.models.variables import to_arrays
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.files import atomic_directory, atomic_file, save_arrays
from kbert.utils.untrusted import check_file, read_json
from kbert.utils.untrusted_weights import safetensors_size

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
    arrays = to_arrays(model.weights)
    if all(_holds(folder / name, content) for name, content in files.items()):
        # As after every better epoch of a run: one file is replaced, in one step.
        atomic_file(folder / _WEIGHTS, lambda file: save_arrays(arrays, file))
        return
    with atomic_directory(folder) as new:
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
        raise InputError(
            "{path} is a file. Expected a run directory, a model folder or a .keras file; "
            "weights of another form (.h5, .npz, .bin, .pt) are not read.",
            path=path,
        )
    if not (folder / "config.json").is_file():
        what = "holds no trained model" if path.exists() else "does not exist"
        raise InputError(
            "{path} {what}. Expected a run directory that `kbert train` has written.",
            path=path,
            what=what,
        )
    file = folder / _WEIGHTS
    check_file(folder / "config.json", path)
    config = read_json(folder / "config.json")
    if config.pop("format", None) != FORMAT:
        raise InputError(
            "{folder} is not a kbert model ({format}). To start from another model's weights, "
            "train with --preset",
            folder=folder / "config.json",
            format=FORMAT,
        )
    check_classifier(config, folder / "config.json")
    config["tokenizer"] = model_tokenizer(folder, config).get_config()
    check_fits_file(config["backbone"], len(config["labels"]), safetensors_size(file), file)
    return config, read_arrays(file), file


def read_own(path: Path) -> ModelData:
    """Return the model of a run directory or a model folder as plain data."""
    config, held, file = read_model(path)
    backbone, labels = with_defaults(config["backbone"]), tuple(config["labels"])
    return ModelData(
        kind="a model of kbert's",
        backbone=backbone,
        gelu=config.get("gelu", "tanh"),
        read_tokenizer=lambda: Tokenizer.from_config(config["tokenizer"]),
        arrays=take_weights(
            weight_specs(backbone, len(labels)),
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
        raise InputError("{file} cannot be read: {error}", file=file, error=error) from None
