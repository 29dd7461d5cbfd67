"""Write while training continues, one job at a time, without losing errors."""

import contextlib
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

_LAST: dict[str, "BackgroundWriter"] = {}  # the last writer of each folder in this process


class BackgroundWriter:
    """Runs one job at a time, in a thread of its own."""

    @classmethod
    def for_folder(cls, folder: Path) -> "BackgroundWriter":
        """Return a writer for a folder, once the one before it has finished its job.

        A `fit` that is interrupted in a notebook may still be writing its last checkpoint.
        """
        name = os.path.realpath(folder)
        earlier = _LAST.get(name)
        if earlier is not None:
            with contextlib.suppress(Exception):  # an error of the other `fit`
                earlier.wait()
        _LAST[name] = writer = cls()
        return writer

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "checkpoint")
        self._job: Future[object] | None = None

    def start(self, job: Callable[[], object]) -> None:
        """Wait for the job before this one, and start this one."""
        self.wait()
        self._job = self._pool.submit(job)

    def wait(self) -> None:
        """Wait for the job, and raise what it raised."""
        job = self._job
        if job is None:
            return
        try:
            job.result()
        except BaseException as error:
            if not (job.done() and job.exception() is error):
                raise  # Ctrl-C has ended the wait; the job still runs
            self._job = None
            raise
        self._job = None
