"""The standard streams of the process, whatever it was started with."""

import contextlib
import io
import os
import sys
from typing import Any

_NAMES = ("stdin", "stdout", "stderr")
_CLOSED: set[str] = set()


def prepare_streams() -> None:
    """Make the standard streams safe to write to, for libraries too.

    A closed stream is opened on the null device: otherwise the next file to be opened would take
    its descriptor, and receive what a library prints. Characters that an encoding lacks become
    escapes.
    """
    for name in _NAMES:
        if getattr(sys, name) is not None:
            continue
        _CLOSED.add(name)
        nothing = os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
        setattr(sys, name, os.fdopen(nothing, "r" if name == "stdin" else "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_closed(name: str) -> bool:
    """Return whether the process was started without a standard stream."""
    return name in _CLOSED or getattr(sys, name) is None


def settle_streams() -> None:
    """Drop output that cannot be written, which Python would try to write again when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            _redirect(stream)


def _redirect(stream: Any) -> None:
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
