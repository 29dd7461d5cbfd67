"""Standard output and standard error as streams that never raise."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

from kbert.utils.foreign import reason_of

StreamName = Literal["stdout", "stderr"]

_Note = Callable[[StreamName, str], object]
_NOTE: ContextVar[_Note | None] = ContextVar("note", default=None)


class LastingStream:
    """Writes to standard output or standard error for as long as somebody reads it.

    What cannot be written is dropped, because a training run is worth more than its log: the stream
    may be closed, a pipe's reader or the terminal may be gone, or the disk may be full. Each write
    tries again, so a log continues when its disk has room again. Characters that the stream's
    encoding lacks are written as escapes.

    Args:
        name: "stdout" or "stderr". A stream of `sys`; if that is None, nothing is written.

    Example:

    ```python
    assert LastingStream("stdout").write("") == 0
    ```
    """

    def __init__(self, name: StreamName) -> None:
        self._name = name
        self._stream: Any = getattr(sys, name)

    def write(self, text: str) -> int:
        """Write what can be written, and return the number of characters of the text."""
        if self._stream is None:
            self._lose("closed")
            return len(text)
        try:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                self._stream.write(escaped(text, self._stream))
        except Exception as error:  # a notebook's stream has exceptions of its own
            self._lose(reason_of(error))
        return len(text)

    def flush(self) -> None:
        """Flush what has been written, if that is possible."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except Exception as error:
            self._lose(reason_of(error))

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        with contextlib.suppress(Exception):
            return self._stream is not None and self._stream.isatty()
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _lose(self, reason: str) -> None:
        note = _NOTE.get()
        if note is not None:
            note(self._name, reason)


def escaped(text: str, stream: Any) -> str:
    """Return a text with escapes for the characters that a stream's encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def noting_lost_output(note: _Note) -> Iterator[None]:
    """Call `note` once, with the reason, for each stream that cannot be written to in the block."""
    known = set()

    def once(name: StreamName, reason: str) -> None:
        if name not in known:
            known.add(name)
            note(name, reason)

    token = _NOTE.set(once)
    try:
        yield
    finally:
        _NOTE.reset(token)
