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

_SUFFIX = ".tmp"
_NEW, _OLD = ".new", ".new.old"  # of directories


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_file(path, lambda file: file.write_text(text, encoding="utf-8", newline=""))


def save_arrays(arrays: Mapping[str, Any], file: Path, metadata: Any = None) -> None:
    """Write a safetensors file, or raise OSError in place of the library's own exception."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(dict(arrays), file, metadata=metadata)
    except SafetensorError as error:
        found = re.search(r"os error (\d+)", str(error))
        if found is None:
            raise
        raise OSError(int(found[1]), os.strerror(int(found[1])), str(file)) from None


@contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces `path` when the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}-{secrets.token_hex(8)}{_NEW}"
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
    """Let `write` create a file under another name, flush it to disk, and rename it to `path`.

    Args:
        path: Path. The final name.
        write: function of the path to write to.
        folder: Path or None. Where to write, on the same disk. Defaults to None: beside `path`.
    """
    temporary = (folder or path.parent) / f".{path.name}-{secrets.token_hex(8)}{_SUFFIX}"
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


def remove_temporary(folder: Path) -> None:
    """Remove what a process killed in `write_text`, `atomic_file` or `atomic_directory` has left.

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
