"""Writes kbert's own model folders: config.json, vocab.txt and model.safetensors."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.interop.kbert_model import CONFIG_FILE, FORMAT, WEIGHTS_FILE
from kbert.utils.files import atomic_directory, atomic_file, save_arrays
from kbert.utils.publish import is_free

# How a model is trained; this is set again for a model that is loaded from a folder.
_OF_TRAINING = ("frozen", "token_dropout")
_FILES = (CONFIG_FILE, "vocab.txt", WEIGHTS_FILE)


def write_kbert_model(
    folder: Path, settings: Mapping[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    """Replace `folder` atomically with a classifier's configuration, vocabulary and weights.

    Args:
        folder: Path. It may be one that this function has written.
        settings: dict. The classifier's `get_config`.
        arrays: dict. Its weights by kbert's names.

    Raises:
        InputError: there is something else at `folder`, or in it.
    """
    check_holds_no_more(folder)
    settings = {name: value for name, value in settings.items() if name not in _OF_TRAINING}
    tokenizer = dict(settings["tokenizer"])
    vocabulary = tokenizer.pop("vocabulary")
    # The number reveals a vocab.txt that was cut: the model may have more rows than tokens.
    config = {"format": FORMAT, "tokens": len(vocabulary), **settings, "tokenizer": tokenizer}
    files = {
        CONFIG_FILE: (json.dumps(config, indent=2, ensure_ascii=False) + "\n").encode(),
        "vocab.txt": ("\n".join(vocabulary) + "\n").encode(),
    }
    if all(_holds(folder / name, content) for name, content in files.items()):
        # As after every better epoch of a run: one file is replaced, in one step.
        atomic_file(folder / WEIGHTS_FILE, lambda file: save_arrays(arrays, file))
        return
    with atomic_directory(folder) as new:
        for name, content in files.items():
            (new / name).write_bytes(content)
        save_arrays(arrays, new / WEIGHTS_FILE)


def check_holds_no_more(folder: Path) -> None:
    """Raise InputError if a folder that would be replaced holds more than a model."""
    if is_free(folder):
        return
    if not folder.is_dir() or any(not _is_own(name) for name in os.listdir(folder)):
        raise InputError(
            "{folder} already exists and is not a folder that contains only a model; kbert never "
            "overwrites files.",
            folder=folder,
            cure=Cure(note="name another folder"),
        )


def _is_own(name: str) -> bool:
    return name in _FILES or (name.startswith(".") and name.endswith((".tmp", ".new")))


def _holds(file: Path, content: bytes) -> bool:
    try:
        return file.is_file() and file.read_bytes() == content
    except OSError:
        return False
