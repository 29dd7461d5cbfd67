"""The line that acknowledges the signal to stop a run while a step is still running."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress

from kbert.findings import Message

_STOPPING = Message("Stopping after this step; a checkpoint is then saved.")
_INSIST = {
    signal.SIGINT: Message(" Ctrl-C again ends at once."),
    signal.SIGTERM: Message(" Another SIGTERM ends at once."),
}


class StopNotice:
    """Says immediately, and only once, that a signal has arrived and what happens next.

    Python calls the handler of a signal only between two of its own instructions, and a backend
    may compute for a long time inside one. So a thread that the signal wakes can say it too. The
    line is for whoever waits at the terminal, so it is printed at every verbosity.

    Args:
        will_save: function that returns whether a signal that comes now leads to a checkpoint.
    """

    def __init__(self, will_save: Callable[[], bool]) -> None:
        self._will_save = will_save
        self._unsaid = threading.Lock()
        # A thread has no surface, so the words are chosen here.
        self._stopping = str(_STOPPING)
        self._insist = {number: str(text) for number, text in _INSIST.items()}

    def give(self, number: int) -> None:
        """Write the line past all streams, whose locks the interrupted code may hold."""
        if not self._will_save() or not self._unsaid.acquire(blocking=False):
            return
        with suppress(OSError, ValueError, AttributeError):  # closed, hung up, None or not a file
            descriptor = sys.__stderr__.fileno()  # type: ignore[union-attr]
            # A progress bar leaves the cursor in its line.
            start = "\n" if os.isatty(descriptor) else ""
            insist = self._insist.get(signal.Signals(number), "")
            os.write(descriptor, f"{start}{self._stopping}{insist}\n".encode())

    @contextmanager
    def watching(self, numbers: Collection[int]) -> Iterator[None]:
        """In the block, give the line as soon as one of the signals arrives; main thread only."""
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        if before != -1:  # an event loop's, as in a notebook, which needs it more
            signal.set_wakeup_fd(before)
        thread = threading.Thread(target=self._watch, args=(reader, numbers), daemon=True)
        thread.start()
        try:
            yield
        finally:
            if before == -1:
                signal.set_wakeup_fd(-1)
            writer.close()  # which ends the thread
            thread.join()
            reader.close()

    def _watch(self, reader: socket.socket, numbers: Collection[int]) -> None:
        while received := reader.recv(1):
            if received[0] in numbers:
                self.give(received[0])
