"""One process at a time in a run directory."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kbert.errors import InputError, MachineError
from kbert.findings import Cure, worded
from kbert.runs.beginning import LOCK


@contextmanager
def run_lock(path: Path) -> Iterator[None]:
    """Hold a run directory for this process.

    The operating system releases the lock of a process that ends, however it ends.

    Raises:
        InputError: another process is using the directory, or something other than a file has the
            lock's name.
        MachineError: the directory cannot be written to.
    """
    file = path / LOCK
    for place in (file, _pid(file)):
        if os.path.lexists(place) and (place.is_symlink() or not place.is_file()):
            raise InputError(
                "{place} is a folder, a pipe or a link; a file was expected.",
                place=place,
                cure=Cure(note="remove it"),
            )
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(
            "Another process{holder} is using {path}. Wait for it, or stop it.",
            holder=_holder(file),
            path=path,
        ) from None
    except OSError as error:
        raise MachineError(
            "{path} cannot be written to: {reason}.", path=path, reason=error.strerror
        ) from None
    try:
        with contextlib.suppress(OSError):  # it only tells others who we are
            _pid(file).write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
    finally:
        with contextlib.suppress(OSError):
            _pid(file).unlink(missing_ok=True)
        lock.release()


def _pid(file: Path) -> Path:
    return file.with_suffix(".pid")


def _holder(file: Path) -> str:
    try:
        return worded(" (pid {number})", number=int(_pid(file).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return ""
