"""Publishing: what was written under another name gets its own, completely or not at all."""

import errno
import itertools
import os
from pathlib import Path

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.utils.files import sync_directory, sync_file

# What systems report that have no hard links, or none here.
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV}
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}


def is_free(path: Path) -> bool:
    """Return whether something can be published at a path: nothing is there, or an empty folder."""
    if path.is_dir() and not path.is_symlink():
        return not any(path.iterdir())
    return not os.path.lexists(path)


def check_free(path: Path, option: str | None = "output") -> None:
    """Raise InputError unless a path is free.

    Args:
        path: Path.
        option: str or None. The setting that names the path, for the cure. Defaults to "output".
    """
    if not is_free(path):
        raise _already_exists(path, option)


def publish(written: Path, path: Path, option: str | None = "output") -> None:
    """Give a file or folder its name, if nothing has that name by now.

    What was written is flushed to the disk first, and the new name after it. Of two processes that
    publish to the same path, one succeeds. An empty folder counts as nothing.

    Args:
        written: Path. A file or a folder that is not empty, on the same disk.
        path: Path. Its name from now on.
        option: str or None. The setting that names the path, for the cure. Defaults to "output".

    Raises:
        InputError: `path` exists.

    Example:

    ```python
    Path(".new").write_text("1")
    publish(Path(".new"), Path("a.txt"))
    ```
    """
    _flush(written)
    try:
        if written.is_dir() and os.name != "nt":
            os.rename(written, path)  # fails where a file or a folder with files is
        else:
            _remove_if_empty(path)
            os.rename(written, path) if os.name == "nt" else _link(written, path)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
        raise _already_exists(path, option) from None
    sync_directory(path.parent)


def _already_exists(path: Path, option: str | None) -> InputError:
    free = next(
        other
        for number in itertools.count(1)
        if is_free(other := path.with_name(f"{path.stem}-{number}{path.suffix}"))
    )
    return InputError(
        "{path} already exists; kbert never overwrites files.",
        path=path,
        cure=Cure(note="name another file") if option is None else Cure({option: str(free)}),
    )


def _remove_if_empty(path: Path) -> None:
    """Remove an empty folder, in whose place neither a file nor, on Windows, a folder is moved."""
    if path.is_dir() and is_free(path):
        path.rmdir()


def _link(written: Path, path: Path) -> None:
    """Rename a file unless its new name is taken, which `os.rename` would replace."""
    try:
        os.link(written, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))  # claims the name
        os.replace(written, path)
    else:
        written.unlink()


def _flush(path: Path) -> None:
    """Flush a file, or all that a folder holds, to the disk."""
    for part in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if part.is_dir():
            sync_directory(part)
        elif part.is_file():
            sync_file(part)
