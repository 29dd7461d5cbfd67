"""A worker of a server, as the process that has started it sees it."""

import multiprocessing
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from kbert.serving.server.worker_settings import WorkerSettings


class WorkerProcess:
    """A worker of a server, as the process that has started it sees it.

    Args:
        process: the process.
        pipe: Connection. To the process.

    Attributes:
        is_ready: bool. Whether it has loaded its model.
    """

    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self._process = process
        self.pipe = pipe
        self.is_ready = False

    @classmethod
    def start(
        cls,
        target: Callable[[WorkerSettings, socket.socket, Connection], None],
        settings: WorkerSettings,
        listener: socket.socket,
    ) -> "WorkerProcess":
        """Start a process that runs a function; see `work`."""
        context = multiprocessing.get_context("spawn")
        own, its = context.Pipe()
        process = context.Process(target=target, args=(settings, listener, its))
        with _signals_held_back():
            process.start()
        its.close()  # so that the end of the process is seen
        return cls(process, own)

    @property
    def sentinel(self) -> int:
        """What `multiprocessing.connection.wait` takes to wait for the end of the process."""
        return self._process.sentinel

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def status(self) -> int | None:
        """Return the exit status of a process that has ended; for a signal, its negative number."""
        self._process.join()
        self.pipe.close()
        return self._process.exitcode

    def send(self, command: str) -> bool:
        """Send a command; return whether the process is there to take it."""
        try:
            self.pipe.send(command)
        except OSError:
            return False
        return True

    def told(self) -> Iterator[tuple[str, Any]]:
        """Yield what the process has sent."""
        try:
            while self.pipe.poll():
                yield self.pipe.recv()
        except (EOFError, OSError):
            return

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.join()


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Let the signals of the group do nothing in a process that is started inside the block.

    Ctrl-C reaches all processes of a terminal, and a service manager's SIGTERM reaches all
    processes of a service, but only the process that has started the workers handles them. A worker
    inherits the mask, so it holds before the first line of Python runs.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # else `start` does this, and lets SIGINT and SIGTERM through
    held = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
