"""System errors about a path: a mistake of the user, or something that the machine lacks."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kbert.errors import InputError, KbertError, MachineError
from kbert.findings import Cure, Option, worded

# Another path cures these. A full or read-only disk, a missing permission and the like are errors
# of the machine, wherever they occur.
_OF_THE_PATH = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY),
    *(errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.ELOOP),
}
_MAX_SHOWN = 200  # characters of a path


def file_error(
    template: str, /, *, of: OSError, cure: Cure | None = None, **values: Any
) -> KbertError:
    """Return the error to raise for an OSError.

    Args:
        template: str. The message; `{reason}` in it is the system's message.
        of: OSError.
        cure: Cure or None. Defaults to None.
        **values: the other values of the template.

    Example:

    ```python
    error = file_error("{path}: {reason}.", of=OSError(28, "No space left"), path="a.csv")
    assert isinstance(error, MachineError)
    ```
    """
    kind = InputError if of.errno in _OF_THE_PATH else MachineError
    reason = of.strerror or str(of)
    shown = {n: _shortened(v) if isinstance(v, Path) else v for n, v in values.items()}
    return kind(template, cure=cure, reason=reason, **shown)


def unreadable(path: Path, of: OSError) -> KbertError:
    """Return the error to raise where a file that a user has named cannot be read.

    Args:
        path: Path.
        of: OSError.
    """
    cure = None
    if of.errno in (errno.EACCES, errno.EPERM):
        cure = Cure(note="ask its owner for permission to read it, or pass another file")
    return file_error("{path} cannot be read: {reason}.", of=of, cure=cure, path=path)


def once_mended(of: Exception) -> str:
    """Return when a place can be written to again, as a clause to begin or continue a sentence.

    Args:
        of: Exception. Why it could not be written to.

    Example:

    ```python
    assert once_mended(OSError(28, "No space left on device")) == "when there is room again"
    ```
    """
    text = str(of)  # some libraries give no number, only words
    number = getattr(of, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT) or "No space left" in text:
        return worded("when there is room again")
    denied = (errno.EACCES, errno.EPERM, errno.EROFS)
    if number in denied or any(os.strerror(one) in text for one in denied):
        return worded("when you have permission to write there")
    return worded("when that is fixed")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError in the block, which writes to a path that a user has named, into a message.

    Raises:
        InputError: nothing can have that name.
        MachineError: the disk is full or read-only, or a permission is missing.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, KbertError):
            raise
        raise file_error("{path} cannot be written: {reason}.", of=error, path=path) from error


def is_utf8(text: str) -> bool:
    """Return whether a text, such as the name of a file, can be encoded in UTF-8."""
    return text == text.encode("utf-8", "ignore").decode("utf-8")


def _shortened(path: Path) -> Path | str:
    text = str(path)
    return path if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN // 2]}...{text[-20:]}"


def check_name(name: str, path: object) -> None:
    """Raise InputError for a path that is not UTF-8, which neither libraries nor TOML accept.

    Args:
        name: str. The name of the argument.
        path: str or Path.
    """
    text = str(path)
    if not is_utf8(text):
        raise InputError(
            "{option} is a name that is not UTF-8: {path}. Rename it, or name another.",
            option=Option(name),
            path=text,
        )
