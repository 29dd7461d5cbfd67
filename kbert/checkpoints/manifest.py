"""The manifest of a checkpoint: size and checksum of each of its files.

The checksum of the manifest itself is in the file that marks a checkpoint as finished.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path

from kbert.errors import InputError, KbertError
from kbert.utils.files import sync_directory, write_text
from kbert.utils.untrusted import check_regular

COMMIT_FILE = "COMMITTED"
"""Holds the checksum of the manifest. Without it a checkpoint is not finished."""

STATE_FILE, WEIGHTS_FILE = "state.json", "model.safetensors"
NOT_AS_WRITTEN = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(RecursionError, OverflowError),
)
"""What is raised when JSON does not have the form that was written."""

_MANIFEST = "manifest.json"
_MAX_STATE = 100_000_000  # bytes


def write_manifest(folder: Path) -> str:
    """Flush the files of a folder to the disk, list them, and return the checksum of the list."""
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


def verified_files(path: Path) -> list[str]:
    """Return the names of a checkpoint's files if they are all as they were written.

    Raises:
        InputError: it was not finished, or a file is missing, a link or damaged.
    """
    manifest = path / _MANIFEST
    if not path.is_dir():
        raise InputError("{path} is missing.", path=path)
    for file in (path / COMMIT_FILE, manifest):
        if file.is_symlink():
            raise InputError(
                "{file} is a link that leads outside its checkpoint; kbert does not follow it.",
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
        if STATE_FILE not in entries:
            raise InputError("{manifest} does not list {file}.", manifest=manifest, file=STATE_FILE)
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
    except NOT_AS_WRITTEN as error:
        if isinstance(error, KbertError):
            raise
        raise InputError(
            "{manifest} does not list files: {error}", manifest=manifest, error=error
        ) from None
    return list(entries)


def weights_checksum(path: Path) -> str | None:
    """Return the checksum of a checkpoint's weights according to its manifest, or None."""
    with contextlib.suppress(OSError, *NOT_AS_WRITTEN):
        files = json.loads((path / _MANIFEST).read_text(encoding="utf-8"))["files"]
        return str(files[WEIGHTS_FILE]["sha256"])
    return None


def checksum_of(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _verify_file(file: Path, size: int, checksum: str) -> None:
    if type(size) is not int:
        raise TypeError(f"{size!r} is not a number of bytes")
    if file.is_symlink():
        raise InputError(
            "{file} is a link that leads outside its checkpoint; kbert does not follow it.",
            file=file,
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
    if file.name == STATE_FILE and size > _MAX_STATE:
        raise InputError(
            "{file} has {size:,} bytes, more than the state of any run.", file=file, size=size
        )
    if checksum_of(file) != checksum:
        raise InputError("{file} is damaged: its content is not what was written.", file=file)
