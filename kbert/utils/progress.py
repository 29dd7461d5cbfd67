"""The progress of a computation, for whoever wants to show it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_REPORT: ContextVar[Callable[[float], object] | None] = ContextVar("report", default=None)


def advance(rows: float) -> None:
    """Report that this many more rows have been computed."""
    report = _REPORT.get()
    if report is not None:
        report(rows)


def is_reported() -> bool:
    """Return whether progress is reported to anyone."""
    return _REPORT.get() is not None


@contextmanager
def reporting(report: Callable[[float], object]) -> Iterator[None]:
    """Call `report` with the number of rows whenever some are computed inside the block.

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
