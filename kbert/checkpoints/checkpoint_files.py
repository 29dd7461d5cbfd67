"""Writes and reads the files of one checkpoint: arrays and state."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from kbert.checkpoints.checkpoint import Arrays, Checkpoint
from kbert.checkpoints.manifest import (
    NOT_AS_WRITTEN,
    STATE_FILE,
    verified_files,
    write_manifest,
)
from kbert.checkpoints.position import Position
from kbert.checkpoints.run_steps import read_steps
from kbert.errors import InputError, KbertError
from kbert.utils.files import save_arrays

FORMAT = "kbert-checkpoint-2"


def write_files(folder: Path, arrays: Mapping[str, Arrays], state: Mapping[str, Any]) -> str:
    """Write a checkpoint's files into a folder, and return the checksum of their manifest."""
    for name, named in arrays.items():
        # safetensors writes the memory of an array regardless of its strides.
        in_order = {key: np.asarray(array, order="C") for key, array in named.items()}
        save_arrays(in_order, folder / f"{name}.safetensors")
    text = json.dumps({"format": FORMAT, **state}, indent=2)
    (folder / STATE_FILE).write_text(text + "\n", encoding="utf-8")
    return write_manifest(folder)


def read_checkpoint(path: Path, *, with_arrays: bool = True, only: str | None = None) -> Checkpoint:
    """Return a checkpoint after comparing each of its files with its checksum.

    Args:
        path: Path. Its directory.
        with_arrays: bool. Whether to load the arrays too, which are several times the size of the
            model. Defaults to True.
        only: str or None. The only file whose arrays are loaded, such as "model". Defaults to
            None: all files.

    Raises:
        InputError: it was not finished, or a file is missing, foreign or damaged.
    """
    names = verified_files(path)
    try:
        state = json.loads((path / STATE_FILE).read_text(encoding="utf-8"))
        found = state.get("format")
        if found != FORMAT:
            raise InputError(
                "{path} has the format {found!r}, but this version of kbert reads {format!r}.",
                path=path,
                found=found,
                format=FORMAT,
            )
        return Checkpoint(
            path=path,
            position=Position.from_dict(state["position"]),
            identity=dict(state["facts"]),
            arrays={
                name.removesuffix(".safetensors"): load_file(path / name)
                for name in names
                if with_arrays and name.endswith(f"{only or ''}.safetensors")
            },
            evaluations=state.get("evaluations"),
            steps=read_steps(state.get("steps")),
            best=_noted(state.get("best")),
            findings=[{**one, "code": str(one["code"])} for one in state.get("findings", ())],
        )
    except KbertError:
        raise
    except NOT_AS_WRITTEN as error:
        raise InputError(
            "{path} does not describe a checkpoint: {error}", path=path / STATE_FILE, error=error
        ) from None
    except (OSError, SafetensorError) as error:
        raise InputError("{path} cannot be read: {error}", path=path, error=error) from None


def noted_best(path: Path) -> dict[str, str] | None:
    """Return what a checkpoint has noted about the best one, or None; nothing is verified."""
    with contextlib.suppress(OSError, *NOT_AS_WRITTEN):
        return _noted(json.loads((path / STATE_FILE).read_text(encoding="utf-8"))["best"])
    return None


def noted_evaluations(path: Path) -> dict[str, Any] | None:
    """Return the evaluations as of a checkpoint, or None; nothing is verified."""
    with contextlib.suppress(OSError, *NOT_AS_WRITTEN):
        found = json.loads((path / STATE_FILE).read_text(encoding="utf-8"))["evaluations"]
        return found if isinstance(found, dict) else None
    return None


def _noted(value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.80} is not a note of the best checkpoint")
    return {name: str(value[name]) for name in ("checkpoint", "sha256") if name in value}
