"""Ctrl-C, SIGTERM and SIGHUP while a run is training."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from kbert.runs.stop_notice import StopNotice


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a process like Ctrl-C, with another exit status."""


class HungUp(KeyboardInterrupt):
    """SIGHUP: the terminal or the connection is gone. It, too, ends a process like Ctrl-C."""


STOP_SIGNALS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}
if hasattr(signal, "SIGHUP"):  # Windows has none
    STOP_SIGNALS[signal.SIGHUP] = HungUp
# As a shell reports them: 128 plus the number of the signal.
_STATUSES: dict[type[BaseException], int] = {HungUp: 129, Terminated: 143}
_AT_ONCE = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signals(
    stop: Callable[[BaseException], None], will_save: Callable[[], bool] = lambda: True
) -> Iterator[None]:
    """Let the first signal call `stop`, and a second Ctrl-C or SIGTERM end the process at once.

    SIGHUP arrives more than once when a connection drops, and together with SIGTERM when a machine
    shuts down. It is not a way for users to insist, so it never ends a process at once, and neither
    does the first signal after it.

    A step of training or of an evaluation may take long, so a line says at once that the first
    signal has arrived.

    Args:
        stop: function that takes the exception that ends the run, and raises it or notes it for
            the end of the step.
        will_save: function that returns whether a signal that comes now leads to a checkpoint, as
            the line says. Defaults to one that returns True.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    received: list[int] = []
    notice = StopNotice(will_save)

    def handle(number: int, frame: FrameType | None) -> None:
        is_first = not received
        at_once = number in _AT_ONCE and any(other in _AT_ONCE for other in received)
        received.append(number)
        reason = STOP_SIGNALS[signal.Signals(number)]()
        if at_once:
            raise reason
        if is_first:
            notice.give(number)
            stop(reason)

    before = {number: signal.signal(number, handle) for number in heard_signals()}
    try:
        with notice.watching(before):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def status_of(stop: KeyboardInterrupt) -> int:
    """Return the exit status of a process that a signal has stopped; 130 is that of Ctrl-C."""
    return next((status for kind, status in _STATUSES.items() if isinstance(stop, kind)), 130)


def heard_signals() -> list[signal.Signals]:
    """Return the signals that stop a run here.

    A signal that is ignored stays ignored: Ctrl-C in a shell's background, SIGHUP under nohup.
    """
    return [number for number in STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
