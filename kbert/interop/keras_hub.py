"""Folders that `save_to_preset` of keras-hub writes: a BERT backbone, or a text classifier on one.

The classes that the files name are compared, and never looked for: nothing is deserialized.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError, KbertError
from kbert.interop.config_checks import (
    check_backbone,
    check_dropout,
    check_fits_file,
    with_defaults,
)
from kbert.interop.model_data import ModelData, take_weights
from kbert.interop.weights import weight_specs
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import check_file, read_bytes, read_json
from kbert.utils.untrusted_weights import h5_size

_TASK, _WEIGHTS, _TASK_WEIGHTS = "task.json", "model.weights.h5", "task.weights.h5"
_ACTIVATIONS = (None, "linear", "softmax")  # of the head: logits, or probabilities by a softmax


def read_keras_hub(folder: str | Path, *, head: bool = True) -> ModelData:
    """Return the model of a keras-hub folder: its backbone, and the head of a BertTextClassifier.

    Args:
        folder: str or Path.
        head: bool. Whether to read the head of a folder that has a task. Defaults to True.

    Raises:
        KbertError: the backbone is no BERT, the task is another than a BertTextClassifier, or
            weights are missing, surplus or misshapen.
    """
    folder = Path(folder)
    sizes = keras_hub_sizes(folder)
    arrays = _arrays(folder, folder / _WEIGHTS, weight_specs(sizes), sizes, 0)
    source = ModelData(
        kind="a BERT of keras-hub",
        backbone=sizes,
        gelu="tanh",
        read_tokenizer=lambda: keras_hub_tokenizer(folder),
        arrays=arrays,
    )
    if not head or not (folder / _TASK).is_file():
        return source
    task = _task(folder / _TASK)
    classes = task["num_classes"]
    weights = weight_specs(sizes, classes)[-2:]
    source.arrays |= _arrays(folder, folder / _TASK_WEIGHTS, weights, sizes, classes)
    source.kind = "a BertTextClassifier of keras-hub"
    source.classes = classes
    source.dropout = task.get("dropout", 0.1)
    source.max_length = _max_length(folder, sizes["max_sequence_length"])
    source.read_tokenizer = lambda: keras_hub_tokenizer(folder, accents=True)
    source.labels = _labels(folder)
    source.notes.append(
        "Texts are tokenized as Google does it; keras-hub's own tokenizer differs on some of the "
        "full-width and composed characters."
    )
    return source


def keras_hub_sizes(folder: Path) -> dict[str, Any]:
    """Return the arguments of `BertBackbone` from a folder's config.json."""
    file = folder / "config.json"
    saved = read_json(file)
    if saved.get("class_name") != "BertBackbone":
        raise InputError(
            "{file} holds a model of the type {saved!r:.80}; kbert takes BERT, which is a "
            "BertBackbone with keras-hub.",
            file=file,
            saved=saved.get("class_name"),
        )
    config: dict[str, Any] = saved.get("config", {})
    check_backbone(config, file)
    return with_defaults(config)


def keras_hub_tokenizer(folder: Path, *, accents: bool = False) -> Tokenizer:
    """Return the tokenizer of a folder.

    Args:
        folder: Path.
        accents: bool. Whether accents are kept or stripped as the folder says, for a head that
            was trained so. Defaults to False: as Google does it.
    """
    saved = read_json(folder / "tokenizer.json")
    config = saved.get("config", {})
    if saved.get("class_name", "BertTokenizer") != "BertTokenizer" or not isinstance(config, dict):
        raise InputError(
            "{folder} holds no BertTokenizer, which was expected.", folder=folder / "tokenizer.json"
        )
    for name, usual in (("split", True), ("suffix_indicator", "##"), ("oov_token", "[UNK]")):
        if config.get(name, usual) != usual:
            raise InputError(
                "{folder}: {name} must be {usual!r}, as BERT's tokenizer has it. Received: "
                "{config!r:.80}",
                folder=folder / "tokenizer.json",
                name=name,
                usual=usual,
                config=config[name],
            )
    vocabulary = folder / "assets" / "tokenizer" / "vocabulary.txt"
    if vocabulary.exists():
        check_file(vocabulary, folder)
    return Tokenizer.from_file(
        vocabulary,
        lowercase=config.get("lowercase", False),
        strip_accents=config.get("strip_accents") if accents else None,
        split_cjk=config.get("split_on_cjk", True),
    )


def _task(file: Path) -> dict[str, Any]:
    """Return the checked arguments of a `BertTextClassifier`."""
    saved = read_json(file)
    if saved.get("class_name") != "BertTextClassifier":
        raise InputError(
            "{file} holds a {saved!s:.80}; of keras-hub's tasks kbert takes the "
            "BertTextClassifier. To train a new head on its backbone, name the folder as "
            "--preset.",
            file=file,
            saved=saved.get("class_name"),
        )
    config = saved.get("config")
    classes = config.get("num_classes") if isinstance(config, dict) else None
    if not isinstance(config, dict) or type(classes) is not int or not 2 <= classes <= 10**6:
        raise InputError(
            "{file}: num_classes must be a whole number from 2 to 1,000,000. Received: "
            "{classes!r:.80}",
            file=file,
            classes=classes,
        )
    if config.get("activation") not in _ACTIVATIONS:
        raise InputError(
            "{file}: the head's activation must be softmax or none, for one label a text. "
            "Received: {activation!r:.80}",
            file=file,
            activation=config["activation"],
        )
    check_dropout(config.get("dropout", 0.1), file)
    return config


def _labels(folder: Path) -> tuple[str, ...] | None:
    """Return the names of the classes, which kbert writes beside what keras-hub writes."""
    file = folder / "labels.txt"
    if not file.is_file():
        return None
    return tuple(read_bytes(file, folder).decode("utf-8", "replace").removesuffix("\n").split("\n"))


def _max_length(folder: Path, positions: int) -> int | None:
    """Return the tokens that texts were cut to, where a preprocessor tells."""
    file = folder / "preprocessor.json"
    if not file.is_file():
        return None
    config = read_json(file).get("config")
    length = config.get("sequence_length") if isinstance(config, dict) else None
    if length is None:
        return None
    if type(length) is not int or length < 3:
        raise InputError(
            "{file}: sequence_length must be a whole number of at least 3. Received: "
            "{length!r:.80}",
            file=file,
            length=length,
        )
    return min(length, positions)


def _arrays(
    folder: Path, file: Path, weights: list[Any], sizes: dict[str, Any], classes: int
) -> dict[str, np.ndarray]:
    """Return the weights in an HDF5 file by kbert's names."""
    import h5py  # type: ignore[import-untyped]

    if not file.is_file():
        raise InputError(
            "{folder} holds no weights ({name}). To train a new model of that size from random "
            "weights: --weights random",
            folder=folder,
            name=file.name,
        )
    check_file(file, folder)
    held = h5_size(file, file)
    if not classes:
        check_fits_file(sizes, 0, held, file)
    names: dict[str, str] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    try:
        with h5py.File(file, "r") as opened:
            found: list[tuple[str, Any]] = []
            opened.visititems(lambda name, item: found.append((name, item)))
            for name, item in found:
                plain = _plain(name)
                if isinstance(item, h5py.Dataset) and plain.startswith("layers/"):
                    plain = name if plain in names else plain
                    names[plain], shapes[plain] = name, item.shape
            return take_weights(
                weights,
                shapes,
                lambda plain: _floats(np.asarray(opened[names[plain]]), f"{file}: {plain}"),
                file,
                form="keras_hub",
            )
    except KbertError:
        raise
    except Exception as error:  # h5py lets through what HDF5 says of a broken file
        raise InputError("{file} cannot be read: {error}", file=file, error=error) from None


def _floats(array: np.ndarray, source: str) -> np.ndarray:
    if array.dtype == np.dtype("V2"):  # HDF5 has no bfloat16: the upper half of a float32
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    if array.dtype.kind != "f":
        raise InputError(
            "{source} holds {dtype}; floats were expected.", source=source, dtype=array.dtype
        )
    return array


def _plain(name: str) -> str:
    """Return a path without the underscores that versions of Keras put before its parts."""
    parts = [part.lstrip("_") for part in name.split("/")]
    return re.sub("^layer_checkpoint_dependencies/", "layers/", "/".join(parts))
