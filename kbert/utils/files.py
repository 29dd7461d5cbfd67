"""Writing files so that a reader never meets half of one."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SUFFIX = ".tmp"
_NEW, _OLD = ".new", ".new.old"  # of directories


def write_text(path: Path, text: str) -> None:
    """Write a text file under another name, flush it to the disk, and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_file(path, lambda file: file.write_text(text, encoding="utf-8", newline=""))


def save_arrays(arrays: Mapping[str, Any], file: Path, metadata: Any = None) -> None:
    """Write a safetensors file, or raise OSError: the library has its own exception for that."""
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
    """Give a folder to write in that takes the place of `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-", suffix=_NEW))
    os.chmod(temporary, 0o777 & ~_UMASK)
    old = temporary.with_name(temporary.name.removesuffix(_NEW) + _OLD)
    try:
        yield temporary
        for file in temporary.iterdir():
            os.chmod(file, 0o666 & ~_UMASK)
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


def atomic_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file under another name, flush it to the disk, and rename it to `path`."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=_SUFFIX)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb") as opened:
            os.fsync(opened.fileno())
        os.chmod(temporary, 0o666 & ~_UMASK)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_temporary(folder: Path) -> None:
    """Take away what a killed process left of `write_text`, `atomic_file` and `atomic_directory`.

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


def sync_directory(path: Path) -> None:
    """Bring the names in a directory to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_UMASK = _umask()  # once: to read it is to change it, for other threads too
