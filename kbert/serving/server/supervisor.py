"""The process that starts the workers of a server, replaces those that die, and stops them."""

import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing import connection
from pathlib import Path
from types import FrameType

from prometheus_client import multiprocess

from kbert.backend.thread_count import usable_cores
from kbert.config import ServeOptions
from kbert.errors import MachineError
from kbert.findings import worded
from kbert.serving.server.listener import bind, is_local, url
from kbert.serving.server.reload import Reload
from kbert.serving.server.worker import DRAIN_SECONDS, work
from kbert.serving.server.worker_process import WorkerProcess
from kbert.serving.server.worker_settings import WorkerSettings
from kbert.utils.say import say, verbose_level
from kbert.utils.wording import count_noun

_HEARD = {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}
_ENDS = {signal.SIGINT, signal.SIGTERM}
_LONGEST_PAUSE = 30.0  # seconds before another worker is started in place of one that did not load


class Supervisor:
    """Starts the workers of a server, replaces those that die, reloads and stops them.

    It loads no model itself. On SIGHUP, each worker loads the model again beside the old one. When
    all have loaded it, all switch to it; if one cannot load it, none switches. The supervisor
    prints a line once all answer with the new model. On SIGTERM or Ctrl-C, the workers answer the
    requests that they have taken, and end; a second signal ends them at once.

    Args:
        model: Path. What `Predictor.load` takes.
        options: ServeOptions.
    """

    def __init__(self, model: Path, options: ServeOptions) -> None:
        if options.threads is None and options.workers > 1:
            options = replace(options, threads=max(1, usable_cores() // options.workers))
        self._model = model
        self._options = options
        self._workers: list[WorkerProcess] = []
        self._reload: Reload | None = None
        self._reload_again = False
        self._is_up = False
        self._pause = 0.0
        self._starts_at: list[float] = []

    def run(self) -> None:
        """Serve until SIGTERM.

        Raises:
            InputError: the port is taken, or there is no model.
            KeyboardInterrupt: on Ctrl-C, once all requests are answered.
        """
        options = self._options
        with (
            bind(options.host, options.port) as self._listener,
            tempfile.TemporaryDirectory(prefix="kbert-serve-") as folder,
            _heard_signals() as self._signals,
        ):
            self._folder = Path(folder)
            try:
                for _ in range(options.workers):
                    self._start()
                stopped_by = self._watch()
            finally:
                for worker in self._workers:
                    worker.kill()
        if stopped_by == signal.SIGINT:
            raise KeyboardInterrupt

    def _start(self) -> None:
        settings = WorkerSettings(
            self._model,
            self._options,
            self._folder,
            verbose_level(),
            listens_at_once=not any(worker.is_ready for worker in self._workers),
        )
        self._workers.append(WorkerProcess.start(work, settings, self._listener))

    def _watch(self) -> int:
        """Handle events until a signal ends the server; return the number of the signal."""
        while True:
            for number in self._wait(self._seconds_to_start()):
                if number in _ENDS:
                    self._stop()
                    return number
                self._begin_reload()
            while self._starts_at and self._starts_at[0] <= time.monotonic():
                self._starts_at.pop(0)
                self._start()

    def _seconds_to_start(self) -> float | None:
        return max(0.0, self._starts_at[0] - time.monotonic()) if self._starts_at else None

    def _wait(self, seconds: float | None) -> bytes:
        """Wait for workers and signals; handle the workers, and return the signals' numbers."""
        by_pipe = {worker.pipe: worker for worker in self._workers}
        by_end = {worker.sentinel: worker for worker in self._workers}
        happened = connection.wait([self._signals, *by_pipe, *by_end], seconds)
        for one in happened:
            if one in by_pipe:
                self._hear(by_pipe[one])
        for one in happened:
            if one in by_end:
                self._bury(by_end[one])
        return self._signals.recv(64) if self._signals in happened else b""

    def _hear(self, worker: WorkerProcess) -> None:
        """Handle what a worker has sent."""
        for event, error in worker.told():
            if event == "ready":
                worker.is_ready, self._pause = True, 0.0
                self._announce()
            elif event == "failed":
                if not self._is_up:
                    raise error
                say(worded("A new worker cannot start: {error}", error=error), 0, to="stderr")
            elif self._reload is not None:
                self._reload.hear(worker, error)
                self._end_reload()

    def _announce(self) -> None:
        """Say once that all workers are ready."""
        if self._is_up or not all(worker.is_ready for worker in self._workers):
            return
        self._is_up = True
        line = "Serving {model} on {url} ({workers}). Stop with Ctrl-C."
        workers = count_noun(len(self._workers), "worker")
        say(worded(line, model=self._model, url=url(self._listener), workers=workers), 0)
        if not is_local(self._listener):
            note = (
                "Anyone who can reach this address can use the model: the server has no "
                "passwords. Put a proxy in front of it."
            )
            say(worded(note), to="stderr")

    def _bury(self, worker: WorkerProcess) -> None:
        """Replace a worker that has ended."""
        self._hear(worker)  # what it has sent before
        self._workers.remove(worker)
        status = worker.status()
        multiprocess.mark_process_dead(worker.pid, str(self._folder))
        if not self._is_up:
            raise MachineError(
                "A worker ended with status {status} while it loaded {model}.",
                status=status,
                model=self._model,
            )
        line = "Worker {pid} ended with status {status}; another takes its place."
        say(worded(line, pid=worker.pid, status=status), 0, to="stderr")
        if not worker.is_ready:
            self._pause = min(2 * self._pause or 1.0, _LONGEST_PAUSE)
        self._starts_at = sorted([*self._starts_at, time.monotonic() + self._pause])
        if self._reload is not None:
            self._reload.lose(worker)
            self._end_reload()

    def _begin_reload(self) -> None:
        """Let all workers load the model once more."""
        if self._reload is not None or not self._is_up:
            self._reload_again = self._is_up
            return
        self._reload = Reload(self._workers)
        self._end_reload()

    def _end_reload(self) -> None:
        """Say how a reload has ended, if it has ended."""
        if self._reload is None or not self._reload.has_ended:
            return
        if self._reload.error is not None:
            line = "{model} was not reloaded, and the old one keeps answering: {error}"
            said = worded(line, model=self._model, error=self._reload.error)
            say(said, 0, to="stderr")
        else:
            say(worded("Reloaded {model}.", model=self._model))
        self._reload = None
        if self._reload_again:
            self._reload_again = False
            self._begin_reload()

    def _stop(self) -> None:
        """Let the workers answer the requests that they have taken, and end."""
        for worker in self._workers:
            if not worker.is_ready or not worker.send("stop"):
                worker.kill()  # it is loading, and has taken no request
        deadline = time.monotonic() + DRAIN_SECONDS + 5
        left = {worker.sentinel for worker in self._workers}
        while left and time.monotonic() < deadline:
            happened = connection.wait([self._signals, *left], deadline - time.monotonic())
            if self._signals in happened and _ENDS.intersection(self._signals.recv(64)):
                return
            left -= set(happened)


@contextmanager
def _heard_signals() -> Iterator[socket.socket]:
    """Yield a socket that receives the number of each signal that the server handles, as a byte.

    SIGHUP is handled under nohup too, where it is the only way to reload. If Ctrl-C is ignored, as
    in a background job of a shell, it stays ignored.
    """
    receiving, sending = socket.socketpair()
    sending.setblocking(False)

    def note(number: int, frame: FrameType | None) -> None:
        with suppress(OSError):  # too many are waiting already
            sending.send(bytes([number]))

    heard = [n for n in _HEARD if n != signal.SIGINT or signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield receiving
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        receiving.close()
        sending.close()
