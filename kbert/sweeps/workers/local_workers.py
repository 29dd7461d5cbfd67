"""Processes of this machine, which train the runs of a sweep."""

import contextlib
import signal
import subprocess
from pathlib import Path

from kbert.backend.thread_count import usable_cores
from kbert.sweeps.workers.run_process import outcome_of, start_process
from kbert.sweeps.workers.workers import Job, Outcome, Work, Workers


class LocalWork(Work):
    """A run that a process of this machine trains.

    Args:
        job: Job.
        process: Popen.
    """

    def __init__(self, job: Job, process: "subprocess.Popen[bytes]") -> None:
        self._job, self._process = job, process

    def poll(self) -> Outcome | None:
        status = self._process.poll()
        return None if status is None else outcome_of(self._job, status)

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)


class LocalWorkers(Workers):
    """Processes of this machine, which train the runs of a sweep.

    Args:
        module: str. The module whose main program trains a run.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def at_once(self) -> int:
        return 0

    def threads(self, jobs: int) -> int:
        return max(1, usable_cores() // jobs)

    def start(self, job: Job) -> LocalWork:
        return LocalWork(job, start_process(job, self._module, Path.cwd()))

    def close(self) -> None:
        pass
