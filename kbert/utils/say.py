"""What kbert prints: one function, so that one setting decides how much is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_VERBOSE: ContextVar[int] = ContextVar("verbose", default=1)


def say(text: str, level: int = 1) -> None:
    """Print a line where as much is to be said.

    Args:
        text: str.
        level: int. 1 for what a person should see, 2 for what helps to find a fault. Defaults to 1.
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
