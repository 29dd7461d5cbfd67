"""The first record of a run directory, which is written completely or not at all."""

import contextlib
import os
import re
import shutil
from pathlib import Path

from kbert.utils.files import sync_directory

LOCK = ".lock"  # the prefix of the files that show that a process uses the directory
STAGE = ".record"
"""A hidden folder in which the first record is written. The record is complete once run.json, its
last file, is there; `complete_record` moves it to its place, in this process or the next."""
_FILES = (
    "config.toml",
    "skipped_rows.csv",
    "dev_rows.csv",
    "run.json",
)  # in this order
_OLD_TRACE = re.compile(r"\.(config\.toml|skipped_rows\.csv)-[0-9a-f]{16}\.tmp")  # of kbert 0.1


def new_stage(path: Path) -> Path:
    """Return the empty folder in which the first record of a run directory is to be written."""
    stage = path / STAGE
    shutil.rmtree(stage, ignore_errors=True)  # left by a process that was killed at this point
    stage.mkdir()
    return stage


def complete_record(path: Path) -> None:
    """Move the first record of a run directory to its place, if it is complete and not there."""
    stage = path / STAGE
    if (stage / "run.json").is_file():
        sync_directory(stage)
        for name in _FILES:
            if (stage / name).is_file():
                os.replace(stage / name, path / name)
        sync_directory(path)
    if (path / "run.json").is_file():
        shutil.rmtree(stage, ignore_errors=True)


def remove_record(path: Path) -> None:
    """Remove the first record of a run directory in which nothing has been trained."""
    for name in _FILES:
        (path / name).unlink(missing_ok=True)


def has_record(path: Path) -> bool:
    """Whether a directory has the record of a run, in its place or about to be moved there."""
    return (path / "run.json").is_file() or (path / STAGE / "run.json").is_file()


def is_beginning(path: Path) -> bool:
    """Whether a directory holds only the traces of a run that ended before its first record."""
    if not path.is_dir() or has_record(path):
        return False
    return all(_is_trace(file.name) for file in path.iterdir())


def remove_beginning(path: Path) -> None:
    """Remove the traces of a run that ended before its first record; the caller holds its lock."""
    shutil.rmtree(path / STAGE, ignore_errors=True)
    for file in path.glob(f"{LOCK}*"):
        with contextlib.suppress(OSError):
            file.unlink()


def _is_trace(name: str) -> bool:
    return name.startswith(LOCK) or name == STAGE or _OLD_TRACE.fullmatch(name) is not None
