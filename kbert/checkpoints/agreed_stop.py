"""All processes of a run stop after the same batch, whichever of them is asked to."""

import contextlib
import threading
from collections.abc import Mapping
from typing import Protocol

_POLL = 0.2  # seconds


class Notes(Protocol):
    """Values that processes send one another; see `kbert.backend.processes`."""

    def tell(self, key: str, value: str) -> None:
        """Send the others a value, once."""

    def told(self, key: str) -> Mapping[str, str]:
        """Return the values sent so far under a key."""

    def wait_for(self, key: str) -> str:
        """Wait until a value is sent, and return it."""


class AgreedStop:
    """Finds the batch after which all processes stop, without delaying the batches before it.

    A process that is asked to stop tells all the others. A thread in each process then sends the
    batch that its process has begun, and from then on the process checks where to stop: all stop
    after the batch that follows the latest one sent. No process waits inside a batch, in which all
    take part, so none waits forever.

    Args:
        notes: Notes.
        process: int. Index of this process.
        processes: int.
    """

    def __init__(self, notes: Notes, process: int, processes: int) -> None:
        self._notes = notes
        self._process = process
        self._processes = processes
        self._lock = threading.Lock()
        self._begun = 0  # the batch that has begun, until this process has sent it
        self._asked: str | None = None
        self._has_told = False
        self._last: int | None = None
        self._over = threading.Event()

    def ask(self, reason: str) -> None:
        """Ask all processes to stop; a signal's handler may call it."""
        self._asked = reason

    def begin(self, batch: int) -> None:
        """Note that a batch begins.

        Args:
            batch: int. Counted over all epochs, the same in all processes.
        """
        with self._lock:
            if not self._has_told:
                self._begun = batch

    def reason_to_stop(self, batch: int) -> str | None:
        """Return why all stop, if the batch that has ended is the last; else None."""
        if not self._has_told:
            return None
        if self._last is None:
            begun = [int(self._notes.wait_for(f"stop-at/{p}")) for p in range(self._processes)]
            self._last = max(begun) + 1
        return self._reason() if batch >= self._last else None

    @property
    def is_agreed(self) -> bool:
        """Whether all processes know after which batch they stop."""
        return self._last is not None

    def watch(self) -> None:
        """Listen to the others, in a thread of its own, until `close`."""
        threading.Thread(target=self._listen, name="agreed-stop", daemon=True).start()

    def close(self) -> None:
        """End the thread."""
        self._over.set()

    def _listen(self) -> None:
        # If process 0, which holds the notes, is lost, JAX ends this process.
        with contextlib.suppress(Exception):
            while not (self._over.wait(_POLL) or self.look()):
                pass

    def look(self) -> bool:
        """Send and receive what there is, and return whether this process has sent everything."""
        asked, self._asked = self._asked, None
        if asked is not None:
            self._notes.tell(f"stop/{self._process}", asked)
        if not self._notes.told("stop"):
            return False
        with self._lock:
            self._notes.tell(f"stop-at/{self._process}", str(self._begun))
            self._has_told = True
        return True

    def _reason(self) -> str:
        asked = self._notes.told("stop")
        return asked[min(asked, key=int)]
