"""Where a file or folder that a user has named is written before it gets its final name."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kbert.findings import worded
from kbert.utils.file_errors import file_error
from kbert.utils.files import remove_empty
from kbert.utils.leaving_note import leave_note
from kbert.utils.publish import publish

_FULL = {errno.ENOSPC, errno.EDQUOT}
_LOCK = ".lock"
_SUFFIX = ".part"
_MAX_NAME = 40  # characters, so that even the longest names can be staged
_HIDDEN = re.compile(r"\..+-[0-9a-f]{16}" + re.escape(_SUFFIX), re.DOTALL)
_OLD = 60.0  # seconds; nobody is still about to lock an empty folder of this age


@contextmanager
def publishing(path: Path, option: str | None = "output") -> Iterator[Path]:
    """Yield a path to write a file or folder at, and rename it to `path` when the block succeeds.

    It lies in a hidden folder beside `path`, which is always removed. If a killed process leaves
    such a folder, the next process that writes to a path beside it removes it. Whatever has been
    created at `path` meanwhile is kept. Permissions are those of the process's umask.

    Args:
        path: Path. The final name. Its folder is created.
        option: str or None. The setting that names the path, for the cure. Defaults to "output".

    Raises:
        InputError: `path` exists, or nothing can have that name.
        MachineError: the disk is full or read-only, or a permission is missing.

    Example:

    ```python
    with publishing(Path("a.txt")) as new:
        new.write_text("1")
    ```
    """
    with staging_folder(path) as folder:
        written = folder / path.name
        try:
            yield written
        except KeyboardInterrupt as stop:
            leave_note(stop, worded("{path} was not written.", path=path))
            raise
        try:
            _follow_umask(written, stat.S_IMODE(folder.stat().st_mode))
            publish(written, path, option)
        except OSError as error:
            raise _cannot_be_written(path, error) from error


@contextmanager
def staging_folder(path: Path) -> Iterator[Path]:
    """Yield a hidden folder beside `path`, on the same disk, and remove it afterwards.

    Raises:
        InputError: nothing can have that name.
        MachineError: the disk is full or read-only, or a permission is missing.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(hidden_folder(path))
        except OSError as error:
            raise _cannot_be_written(path, error) from error
        try:
            yield folder
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise _cannot_be_written(path, error) from error


@contextmanager
def hidden_folder(path: Path) -> Iterator[Path]:
    """Yield a folder as `staging_folder` does, but raise OSError if none can be created."""
    made = [parent for parent in path.parents if not parent.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        folder, lock = _new_folder(path)
    except OSError as error:
        remove_empty(made)
        if error.errno == errno.EEXIST:  # what should be a folder is a file
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from error
        raise
    try:
        yield folder
    finally:
        # The lock goes last, so that nobody else removes the same files meanwhile.
        for part in folder.iterdir():
            if part.name != _LOCK:
                _remove(part)
        lock.release()
        _remove(folder)
        remove_empty(made)


def remove_leftovers(place: Path) -> None:
    """Remove the folders that killed processes have left in a place.

    It does not matter which path they were for: a process that is killed just after publishing
    leaves a folder too, and nobody writes to that path again.
    """
    for folder in place.iterdir() if place.is_dir() else ():
        if not _HIDDEN.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
            continue
        with contextlib.suppress(OSError):
            if (folder / _LOCK).exists():
                with FileLock(folder / _LOCK, timeout=0):  # Timeout is an OSError
                    _remove(folder)
            elif time.time() - folder.stat().st_mtime > _OLD:
                folder.rmdir()


def _cannot_be_written(path: Path, error: OSError) -> Exception:
    return file_error("{path} cannot be written: {reason}.", of=error, path=path)


def _new_folder(path: Path) -> tuple[Path, FileLock]:
    """Return a new folder beside a path, and its lock, which tells others that it is in use."""
    while True:
        folder = path.parent / f".{path.name[:_MAX_NAME]}-{secrets.token_hex(8)}{_SUFFIX}"
        folder.mkdir()
        lock = FileLock(folder / _LOCK, timeout=0)
        try:
            lock.acquire()
        except (Timeout, FileNotFoundError):
            continue  # another process has taken it for a leftover
        except NotImplementedError as error:  # a file system without locks
            _remove(folder)
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK)) from error
        if (folder / _LOCK).exists():
            return folder, lock
        lock.release()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _follow_umask(path: Path, mode: int) -> None:
    """Give a file or folder the permissions of a new one: some libraries write for the owner only.

    Args:
        path: Path.
        mode: int. What the umask allows for a folder.
    """
    for part in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if not part.is_symlink():
            os.chmod(part, mode if part.is_dir() else mode & 0o666)
