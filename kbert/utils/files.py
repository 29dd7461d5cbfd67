"""Atomic writes of files and directories."""

import contextlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SUFFIX = ".tmp"  # of files
_NEW, _OLD = ".new", ".new.old"  # of directories


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.parent / _hidden_name(path, _SUFFIX)
    _replace(path, hidden, lambda file: file.write_bytes(data))


def save_arrays(arrays: Mapping[str, Any], file: Path, metadata: Any = None) -> None:
    """Write a safetensors file with the permissions of the process's umask.

    Raises:
        OSError: it cannot be written; the library has an exception of its own.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    file.touch()
    mode = stat.S_IMODE(file.stat().st_mode)
    try:
        save_file(dict(arrays), file, metadata=metadata)  # as a new file, for its owner alone
    except SafetensorError as error:
        found = re.search(r"os error (\d+)", str(error))
        if found is None:
            raise
        raise OSError(int(found[1]), os.strerror(int(found[1])), str(file)) from None
    os.chmod(file, mode)


@contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces `path` when the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / _hidden_name(path, _NEW)
    temporary.mkdir()
    mode = stat.S_IMODE(temporary.stat().st_mode) & 0o666  # what the umask allows for a file
    old = temporary.with_name(temporary.name.removesuffix(_NEW) + _OLD)
    try:
        yield temporary
        for file in temporary.iterdir():
            os.chmod(file, mode)
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
        if path.exists():
            os.replace(path, old)
        try:
            os.replace(temporary, path)
        except OSError:
            if old.exists():
                os.replace(old, path)
            raise
    finally:
        for leftover in (temporary, old):
            shutil.rmtree(leftover, ignore_errors=True)


def atomic_file(path: Path, write: Callable[[Path], object], folder: Path | None = None) -> None:
    """Let `write` create a file elsewhere, flush it to disk, and rename it to `path`.

    It is written in a hidden folder of its own: a library may write to a further file beside the
    one that it is given, as safetensors does, and a killed process leaves that file too.

    Args:
        path: Path. The final name.
        write: function of the path to write to.
        folder: Path or None. Where the hidden folder is, on the same disk. Defaults to None: beside
            `path`.
    """
    hidden = (folder or path.parent) / _hidden_name(path, _NEW)
    hidden.mkdir()
    try:
        _replace(path, hidden / path.name, write)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def remove_temporary(folder: Path) -> None:
    """Remove what a process has left that was killed in one of this module's functions.

    No other process may be writing to the folder.
    """
    for path in folder.glob(f".*-*{_SUFFIX}"):
        if not path.is_dir():
            path.unlink(missing_ok=True)
    for path in (*folder.glob(f".*-*{_NEW}"), *folder.glob(f".*-*{_OLD}")):
        place = folder / path.name[1:].rpartition("-")[0]
        if path.name.endswith(_OLD) and not place.exists():
            os.replace(path, place)  # killed between the two renames
        else:
            shutil.rmtree(path, ignore_errors=True)


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove the folders that are empty; of nested folders, pass the innermost first."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def sync_file(path: Path) -> None:
    """Flush the content of a file to the disk."""
    with path.open("rb") as opened:
        os.fsync(opened.fileno())


def sync_directory(path: Path) -> None:
    """Flush the names in a directory to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _hidden_name(path: Path, suffix: str) -> str:
    return f".{path.name}-{secrets.token_hex(8)}{suffix}"


def _replace(path: Path, temporary: Path, write: Callable[[Path], object]) -> None:
    temporary.touch(exist_ok=False)
    mode = stat.S_IMODE(temporary.stat().st_mode)  # what the umask allows
    try:
        write(temporary)
        with temporary.open("rb") as opened:
            os.fsync(opened.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
