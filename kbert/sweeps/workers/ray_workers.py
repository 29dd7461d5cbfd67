"""Tasks of a Ray cluster, which train the runs of a sweep on several machines."""

import contextlib
import os
import signal
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.choices import Jobs
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.sweeps.workers.run_process import outcome_of, start_process
from kbert.sweeps.workers.workers import Job, Outcome, Work, Workers

_LOCAL = "local"
_TIMEOUT = 10.0  # seconds
_POLL = 0.2  # seconds
_CANCEL_AGAIN = 5.0  # seconds


def train_in_task(job: Job, module: str, folder: str) -> Outcome:
    """Train a run in a process on the machine of a task; a cancelled task stops it.

    Args:
        job: Job, whose paths all machines see.
        module: str. The module whose main program trains a run.
        folder: str. Where relative paths of the settings start.
    """
    if not Path(folder).is_dir():
        return Outcome("machine", f"{os.uname().nodename}: {folder}")
    # What a shell starts in the background ignores SIGINT, and so do Ray's workers then, which
    # would not notice that a task is cancelled.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = start_process(job, module, Path(folder))
    status, is_stopping = None, False
    while status is None:
        try:
            time.sleep(_POLL)  # Ray's interrupt would not end a wait for the process
            status = process.poll()
        except KeyboardInterrupt:  # as Ray cancels a task
            if not is_stopping:  # another SIGTERM would end the run without a checkpoint
                process.send_signal(signal.SIGTERM)
            is_stopping = True
    return outcome_of(job, status)


class RayWork(Work):
    """A run that a task of a Ray cluster trains.

    Args:
        job: Job.
        reference: ObjectRef of the task's outcome.
    """

    def __init__(self, job: Job, reference: Any) -> None:
        self._job, self._reference = job, reference
        self._cancel_again: float | None = None  # the time, in seconds

    def poll(self) -> Outcome | None:
        import ray

        ready, _ = ray.wait([self._reference], timeout=0)
        if not ready:
            # Ray promises no more than to try: a cancellation can be lost.
            if self._cancel_again is not None and time.monotonic() > self._cancel_again:
                self.stop()
            return None
        try:
            outcome: Outcome = ray.get(self._reference)
        except ray.exceptions.TaskCancelledError:
            # It had stopped by itself, or had not begun.
            found = Outcome.read(self._job.outcome, 0)
            return Outcome("stopped") if found.ending == "killed" else found
        except ray.exceptions.RayError as error:  # its machine is lost
            return Outcome("killed", str(error).splitlines()[0])
        return outcome

    def stop(self) -> None:
        import ray

        self._cancel_again = time.monotonic() + _CANCEL_AGAIN
        with contextlib.suppress(ray.exceptions.RayError):
            ray.cancel(self._reference)


class RayWorkers(Workers):
    """Tasks of a Ray cluster, which train the runs of a sweep on several machines.

    All machines see the folder of the sweep and the data under the same paths, and have kbert.
    Each run has the cores, and on a cluster with GPUs one GPU, to itself.

    Args:
        module: str. The module whose main program trains a run.
        address: str. "HOST:PORT" of a cluster; "auto" for the one that this machine belongs to;
            "local" to start one on this machine, until the sweep ends.
        jobs: int or "auto". Runs at a time; "auto" is one for each GPU, or for each machine.

    Raises:
        InputError: Ray is not installed, or there is no cluster.
    """

    def __init__(self, module: str, address: str, jobs: Jobs) -> None:
        import ray

        self._module = module
        options: dict[str, Any] = {"include_dashboard": False} if address == _LOCAL else {}
        handler = signal.getsignal(signal.SIGTERM)
        try:
            _check_reachable(address)
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level="ERROR",
                configure_logging=False,
                **options,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(
                "There is no Ray cluster at {ray}: {reason}",
                ray=Option("ray", address),
                reason=(str(error).splitlines() or [""])[0],
                cure=Cure({"ray": _LOCAL}, note="which starts one on this machine"),
            ) from None
        signal.signal(signal.SIGTERM, handler)  # Ray has set one that leaves the runs behind
        resources = ray.cluster_resources()
        self._cores = int(resources.get("CPU", 1))
        self._gpus = int(resources.get("GPU", 0))
        machines = sum(node["Alive"] for node in ray.nodes())
        self._jobs = (self._gpus or machines) if jobs == "auto" else jobs

    def at_once(self) -> int:
        return self._jobs

    def threads(self, jobs: int) -> int:
        return max(1, self._cores // max(jobs, self._jobs))

    def start(self, job: Job) -> RayWork:
        import ray

        absolute = {
            name: getattr(job, name).absolute() for name in ("config", "run", "log", "outcome")
        }
        seen = replace(job, **absolute)
        task = ray.remote(train_in_task).options(
            num_cpus=min(job.threads, self._cores),
            num_gpus=1 if self._gpus else 0,
            max_retries=0,  # the sweep starts it again, from its checkpoint
        )
        return RayWork(seen, task.remote(seen, self._module, str(Path.cwd())))

    def close(self) -> None:
        import ray

        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raise OSError where nobody listens at "HOST:PORT", for which Ray would wait for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=_TIMEOUT).close()
