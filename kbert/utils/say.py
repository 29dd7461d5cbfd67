"""What kbert prints: one function, so that one setting decides how much is printed."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_VERBOSE: ContextVar[int] = ContextVar("verbose", default=1)


def say(text: str, level: int = 1) -> None:
    """Print a line if the verbosity is at least its level.

    Args:
        text: str.
        level: int. 1 for what every user should see, 2 for what helps to find a fault. Defaults to
            1.
    """
    if _VERBOSE.get() >= level:
        print(text, flush=True)


@contextmanager
def verbosity(level: int) -> Iterator[None]:
    """Let `say` print lines of this level and below inside the block; 0 prints nothing."""
    token = _VERBOSE.set(level)
    try:
        yield
    finally:
        _VERBOSE.reset(token)
