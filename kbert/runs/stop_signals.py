"""Ctrl-C and SIGTERM while a run is training."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a process like Ctrl-C, with another exit status."""


@contextmanager
def stop_signals(stop: Callable[[BaseException], None]) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM call `stop`, and a second one end the process at once.

    Args:
        stop: function of the exception that ends the run.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    reasons = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}

    def handle(number: int, frame: FrameType | None) -> None:
        for each in heard:
            signal.signal(each, _at_once)
        stop(reasons[signal.Signals(number)]())

    def _at_once(number: int, frame: FrameType | None) -> None:
        raise reasons[signal.Signals(number)]

    # An ignored signal, such as Ctrl-C in a shell's background, stays ignored.
    heard = [number for number in reasons if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
