"""A reload: all workers of a server switch to the new model, or none does."""

from collections.abc import Iterable

from kbert.errors import KbertError
from kbert.serving.server.worker_process import WorkerProcess


class Reload:
    """A reload: all workers of a server switch to the new model, or none does.

    Each loads the new model beside the old one; when all have, all switch, and if one cannot, all
    drop it.

    Args:
        workers: iterable of WorkerProcess. Those that take part.

    Attributes:
        error: KbertError or None. Why none switches.
    """

    def __init__(self, workers: Iterable[WorkerProcess]) -> None:
        self.error: KbertError | None = None
        self._workers = set(workers)
        self._is_switching = False
        self._awaited = self._send("load")

    @property
    def has_ended(self) -> bool:
        """Whether all workers have replied, and therefore answer requests with one model."""
        return not self._awaited

    def hear(self, worker: WorkerProcess, error: KbertError | None) -> None:
        """Note a worker's reply."""
        self.error = self.error or error
        self._go_on_without(worker)

    def lose(self, worker: WorkerProcess) -> None:
        """Continue without a worker that has ended."""
        self._workers.discard(worker)
        self._go_on_without(worker)

    def _go_on_without(self, worker: WorkerProcess) -> None:
        if worker not in self._awaited:
            return
        self._awaited.discard(worker)
        if self._awaited or self._is_switching:
            return
        if self.error is not None:
            self._send("drop")
        else:
            self._is_switching = True
            self._awaited = self._send("switch")

    def _send(self, command: str) -> set[WorkerProcess]:
        """Send a command to the workers, and return those that are still there to take it."""
        return {worker for worker in self._workers if worker.send(command)}
