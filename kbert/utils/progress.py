"""How far a computation is, for whoever wants to show it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_REPORT: ContextVar[Callable[[float], object] | None] = ContextVar("report", default=None)


def advance(rows: float) -> None:
    """Tell that so many more rows are computed."""
    report = _REPORT.get()
    if report is not None:
        report(rows)


def is_reported() -> bool:
    """Return whether anybody is told."""
    return _REPORT.get() is not None


@contextmanager
def reporting(report: Callable[[float], object]) -> Iterator[None]:
    """Let `report` know of the rows that are computed inside the block.

    Example:

    ```python
    done = []
    with reporting(done.append):
        advance(2)
    assert done == [2]
    ```
    """
    token = _REPORT.set(report)
    try:
        yield
    finally:
        _REPORT.reset(token)
