"""The boundary to libraries that read what someone else has written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kbert.errors import InputError, KbertError
from kbert.findings import Cure
from kbert.utils.file_errors import file_error

_MAX_REASON = 300  # characters
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # as in Keras's messages


@contextmanager
def foreign_input(template: str, /, *, cure: Cure | None = None, **values: Any) -> Iterator[None]:
    """Turn what a library raises inside the block into an InputError, which keeps the cause.

    Libraries raise whatever their parts raise, from OverflowError to exceptions of their own. The
    block must contain only the library's calls: a bug of kbert's own in it would look like a broken
    file. MemoryError, KbertError and what is not an error, such as Ctrl-C, pass through.

    Args:
        template: str. The message; `{reason}` in it is the library's message.
        cure: Cure or None. Defaults to None.
        **values: the other values of the template.

    Raises:
        InputError: the library raised an exception.
        MachineError: the system did, because the machine lacks something, such as a permission.

    Example:

    ```python
    import json

    with foreign_input("{path} is not JSON: {reason}", path="a.json"):
        value = json.loads("[1, 2]")
    ```
    """
    try:
        yield
    except (KbertError, MemoryError):
        raise
    except BaseException as error:
        # Rust's panics are not Exceptions, so that nobody catches them by accident.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if isinstance(error, OSError) and error.errno is not None:
            raise file_error(template, of=error, cure=cure, **values) from error
        raise InputError(template, cure=cure, reason=reason_of(error), **values) from error


def reason_of(error: BaseException) -> str:
    """Return an exception's message as one line of at most 300 characters, without a period."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = _COLOURS.sub("", text)
    return (" ".join(text.split()) or type(error).__name__)[:_MAX_REASON].rstrip(".")
