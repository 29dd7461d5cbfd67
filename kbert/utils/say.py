"""What kbert prints: one function, so that one setting decides how much is printed."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

_VERBOSE: ContextVar[int] = ContextVar("verbose", default=1)


def say(text: str, level: int = 1, file: TextIO | None = None) -> None:
    """Print a line if the verbosity is at least its level.

    Args:
        text: str.
        level: int. 1 for what every user should see, 2 for what helps to find a fault. Defaults to
            1.
        file: file or None. Where to print. Defaults to None, standard output.
    """
    if _VERBOSE.get() >= level:
        print(text, flush=True, file=file)


def verbose_level() -> int:
    """Return the level up to which lines are printed here."""
    return _VERBOSE.get()


@contextmanager
def verbosity(level: int) -> Iterator[None]:
    """Let `say` print lines of this level and below inside the block; 0 prints nothing."""
    token = _VERBOSE.set(level)
    try:
        yield
    finally:
        _VERBOSE.reset(token)
