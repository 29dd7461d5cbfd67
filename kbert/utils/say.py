"""What kbert prints: one function, so that one setting decides how much is printed."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kbert.utils.lasting_stream import LastingStream, StreamName

_VERBOSE: ContextVar[int] = ContextVar("verbose", default=1)


def say(text: object, level: int = 1, *, to: StreamName = "stdout") -> None:
    """Print a line if the verbosity is at least its level, and never raise if that fails.

    Args:
        text: the line, as a text or a message.
        level: int. 1 for what every user should see, 2 for what helps in debugging. Defaults to 1.
        to: "stdout" or "stderr". Defaults to "stdout".
    """
    if _VERBOSE.get() >= level:
        stream = LastingStream(to)
        stream.write(f"{text}\n")
        stream.flush()


def verbose_level() -> int:
    """Return the level up to which lines are printed here."""
    return _VERBOSE.get()


def be_silent() -> None:
    """Let `say` print nothing but errors from here on."""
    _VERBOSE.set(0)


@contextmanager
def verbosity(level: int) -> Iterator[None]:
    """Let `say` print lines of this level and below inside the block; 0 prints nothing."""
    token = _VERBOSE.set(level)
    try:
        yield
    finally:
        _VERBOSE.reset(token)
