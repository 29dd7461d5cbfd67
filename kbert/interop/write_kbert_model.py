"""Writes kbert's own model folders: config.json, vocab.txt and model.safetensors."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kbert.interop.kbert_model import CONFIG_FILE, FORMAT, WEIGHTS_FILE
from kbert.utils.files import atomic_directory, atomic_file, save_arrays


def write_kbert_model(
    folder: Path, settings: Mapping[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    """Write a classifier's configuration, vocabulary and weights in place of `folder`, atomically.

    Args:
        folder: Path. It may exist.
        settings: dict. The classifier's `get_config`.
        arrays: dict. Its weights by kbert's names.
    """
    tokenizer = dict(settings["tokenizer"])
    vocabulary = tokenizer.pop("vocabulary")
    config = {"format": FORMAT, **settings, "tokenizer": tokenizer}
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


def _holds(file: Path, content: bytes) -> bool:
    try:
        return file.read_bytes() == content
    except OSError:
        return False
