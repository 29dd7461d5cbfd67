"""The files of one checkpoint: arrays and state, each with a checksum."""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from kbert.checkpoints.position import Position
from kbert.checkpoints.run_steps import Steps, read_steps
from kbert.errors import InputError, KbertError
from kbert.utils.files import sync_directory, write_text
from kbert.utils.untrusted import check_regular

FORMAT = "kbert-checkpoint-2"
# Holds the checksum of the manifest. Without it a checkpoint is not finished.
COMMIT_FILE = "COMMITTED"
_MANIFEST, _STATE = "manifest.json", "state.json"
WEIGHTS_FILE = "model.safetensors"
# What JSON of another form than was written raises.
_NOT_AS_WRITTEN = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(RecursionError, OverflowError),
)
_MAX_STATE = 100_000_000  # bytes

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read and whose checksums are right.

    Args:
        path: Path. Its directory.
        position: Position.
        identity: dict of what the run was about, such as its plan, labels and data.
        arrays: dict of the arrays of each file by name: "model", "optimizer", "counters".
        evaluations: dict, `EvaluationHistory.to_dict` of the evaluations so far, or None.
        steps: list of pairs, or None in checkpoints of kbert 0.1. From which batch of the run the
            optimizer counted from which step: more than one where the plan was changed.
        best: dict or None. What is noted of the best checkpoint: `checkpoint`, its name, and of
            another than this `sha256`, the checksum of its weights.
        findings: list of dict, `Finding.to_dict` of what was found during the training so far.
            Defaults to ().
    """

    path: Path
    position: Position
    identity: dict[str, Any]
    arrays: dict[str, Arrays]
    evaluations: dict[str, Any] | None = None
    steps: Steps | None = None
    best: dict[str, str] | None = None
    findings: Sequence[dict[str, Any]] = ()


def write_files(folder: Path, arrays: Mapping[str, Arrays], state: Mapping[str, Any]) -> str:
    """Write a checkpoint's files into a folder, and return the checksum of their manifest."""
    for name, named in arrays.items():
        # safetensors writes the memory of an array whatever its strides are.
        in_order = {key: np.asarray(array, order="C") for key, array in named.items()}
        save_file(in_order, folder / f"{name}.safetensors")
    text = json.dumps({"format": FORMAT, **state}, indent=2)
    (folder / _STATE).write_text(text + "\n", encoding="utf-8")
    entries = {}
    for file in sorted(folder.iterdir()):
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
        entries[file.name] = {"bytes": file.stat().st_size, "sha256": checksum_of(file)}
    manifest = folder / _MANIFEST
    write_text(manifest, json.dumps({"files": entries}, indent=2) + "\n")
    sync_directory(folder)
    return checksum_of(manifest)


def commit_folder(folder: Path, checksum: str) -> None:
    """Mark a checkpoint as finished."""
    write_text(folder / COMMIT_FILE, checksum + "\n")
    sync_directory(folder)


def read_checkpoint(path: Path, *, with_arrays: bool = True, only: str | None = None) -> Checkpoint:
    """Return a checkpoint after comparing each of its files with its checksum.

    Args:
        path: Path. Its directory.
        with_arrays: bool. Whether to load the arrays too, several times the size of the model.
            Defaults to True.
        only: str or None. The file whose arrays alone are loaded, such as "model". Defaults to
            None: those of all.

    Raises:
        InputError: it was not finished, or a file is missing, foreign or damaged.
    """
    names = _verify(path)
    try:
        state = json.loads((path / _STATE).read_text(encoding="utf-8"))
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
    except _NOT_AS_WRITTEN as error:
        raise InputError(
            "{path} does not describe a checkpoint: {error}", path=path / _STATE, error=error
        ) from None
    except (OSError, SafetensorError) as error:
        raise InputError("{path} cannot be read: {error}", path=path, error=error) from None


def weights_checksum(path: Path) -> str | None:
    """Return the checksum that a checkpoint's manifest has of its weights, or None."""
    with contextlib.suppress(OSError, *_NOT_AS_WRITTEN):
        files = json.loads((path / _MANIFEST).read_text(encoding="utf-8"))["files"]
        return str(files[WEIGHTS_FILE]["sha256"])
    return None


def noted_best(path: Path) -> dict[str, str] | None:
    """Return what a checkpoint has noted of the best one, or None; nothing is verified."""
    with contextlib.suppress(OSError, *_NOT_AS_WRITTEN):
        return _noted(json.loads((path / _STATE).read_text(encoding="utf-8"))["best"])
    return None


def _noted(value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.80} is not a note of the best checkpoint")
    return {name: str(value[name]) for name in ("checkpoint", "sha256") if name in value}


def _verify(path: Path) -> list[str]:
    """Return the names of a checkpoint's files if they are all as they were written."""
    manifest = path / _MANIFEST
    if not path.is_dir():
        raise InputError("{path} is missing.", path=path)
    for file in (path / COMMIT_FILE, manifest):
        if file.is_symlink():
            raise InputError(
                "{file} is a link to outside its checkpoint, which kbert does not follow.",
                file=file,
            )
        if file.exists():
            check_regular(file)
    try:
        expected = (path / COMMIT_FILE).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise InputError(
            "{path} was never finished: it has no readable {file}.", path=path, file=COMMIT_FILE
        ) from None
    try:
        if checksum_of(manifest) != expected:
            raise InputError(
                "{manifest} is damaged: its checksum is not that in {file}.",
                manifest=manifest,
                file=COMMIT_FILE,
            )
        entries = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        if _STATE not in entries:
            raise InputError("{manifest} does not list {file}.", manifest=manifest, file=_STATE)
        for name, entry in entries.items():
            if Path(name).name != name:
                raise InputError(
                    "{manifest} lists {name!r}, which lies outside its checkpoint.",
                    manifest=manifest,
                    name=name,
                )
            _verify_file(path / name, entry["bytes"], entry["sha256"])
    except OSError as error:
        raise InputError(
            "{file} cannot be read: {reason}.", file=error.filename, reason=error.strerror
        ) from None
    except _NOT_AS_WRITTEN as error:
        if isinstance(error, KbertError):
            raise
        raise InputError(
            "{manifest} does not list files: {error}", manifest=manifest, error=error
        ) from None
    return list(entries)


def _verify_file(file: Path, size: int, checksum: str) -> None:
    if type(size) is not int:
        raise TypeError(f"{size!r} is not a number of bytes")
    if file.is_symlink():
        raise InputError(
            "{file} is a link to outside its checkpoint, which kbert does not follow.", file=file
        )
    if not file.is_file():
        raise InputError("{file} is missing.", file=file)
    found = file.stat().st_size
    if found != size:
        raise InputError(
            "{file} is damaged: it has {found:,} bytes, but {size:,} were written.",
            file=file,
            found=found,
            size=size,
        )
    if file.name == _STATE and size > _MAX_STATE:
        raise InputError(
            "{file} has {size:,} bytes, more than the state of any run.", file=file, size=size
        )
    if checksum_of(file) != checksum:
        raise InputError("{file} is damaged: its content is not what was written.", file=file)


def checksum_of(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
