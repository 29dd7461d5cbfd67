"""One of several processes that compute together: a parent that reports, and the worker it watches.

When a process is lost, JAX ends its peers from within C++, where no Python can report the reason.
So the process that the user has started watches a worker of its own, and reports it instead.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Annotated

from cyclopts import Parameter

from kbert.backend import processes
from kbert.backend.choose_backend import choose_backend
from kbert.backend.launch import Launch
from kbert.cli.options import MACHINE
from kbert.errors import InputError
from kbert.findings import Call, Cure, worded
from kbert.utils.say import be_silent, say
from kbert.utils.worker import environment_of_worker, is_worker


@dataclass(frozen=True)
class Processes:
    """What tells one of several processes about the others."""

    coordinator: Annotated[
        str | None,
        Parameter(
            group=MACHINE, help="HOST:PORT of process 0; SLURM, Kubernetes and Open MPI provide it."
        ),
    ] = None
    process_id: Annotated[
        int | None, Parameter(group=MACHINE, help="Number of this process, from 0.")
    ] = None
    processes: Annotated[
        int | None,
        Parameter(group=MACHINE, help="Processes that compute together, each on its own devices."),
    ] = None


def join_others(named: Processes, backend: str | None, *, trains: bool = True) -> None:
    """Join the other processes, if there are any: the worker joins, and its parent does not return.

    Args:
        named: Processes.
        backend: str or None. The backend that is named.
        trains: bool. Whether they train a run. Defaults to True.

    Raises:
        InputError: the processes are named incompletely or wrongly, or do not use JAX.
    """
    launch = Launch.of(named.coordinator, named.process_id, named.processes)
    if launch is None:
        return
    named_backend = backend or os.environ.get("KERAS_BACKEND") or "jax"
    if named_backend != "jax":
        raise InputError(
            "Only jax computes in several processes: Keras has no engine for them on {backend}.",
            backend=named_backend,
            cure=Cure({"backend": "jax"}),
        )
    choose_backend("jax")
    if not is_worker():
        sys.exit(_watch(launch, trains=trains))
    processes.join(launch)
    if not processes.is_first():
        be_silent()


def _watch(launch: Launch, *, trains: bool) -> int:
    """Run this command line in a worker, and return the status to exit with."""
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as folder:
        streams = {"stdout": os.dup(1), "stderr": os.dup(2)}
        worker = subprocess.Popen(
            [sys.executable, "-m", "kbert", *sys.argv[1:]],
            stdout=log,
            stderr=log,
            env=environment_of_worker(streams, Path(folder)),
            pass_fds=tuple(streams.values()),
            process_group=0,  # so a signal reaches it once, from here
        )
        for descriptor in streams.values():
            os.close(descriptor)

        def pass_on(number: int, frame: FrameType | None) -> None:
            with contextlib.suppress(ProcessLookupError):
                worker.send_signal(number)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, pass_on)
        status = worker.wait()
        if status in (0, 1, 2, 129, 130, 143):
            return status
        next_steps = _what_next(Path(folder)) if trains else ""
        _say_why(launch, status, _tail(log), next_steps)
    return 1


def _say_why(launch: Launch, status: int, native: str, next_steps: str) -> None:
    """Say why the worker has ended, and what to do."""
    lost = lost_process(native)
    if lost is not None:
        why = worded(
            "process {lost} is lost: it was killed, or its host cannot be reached. This one, "
            "{own}, cannot continue without it.",
            lost=lost,
            own=launch.process,
        )
    elif status < 0:
        name = signal.Signals(-status).name
        why = worded(
            "process {own} was ended by {signal}, which ends the others.",
            own=launch.process,
            signal=name,
        )
    else:
        why = worded(
            "process {own} has ended with status {status}.", own=launch.process, status=status
        )
    say(f"kbert: {why}{next_steps}", level=0, to="stderr")
    if lost is None and native and status != -signal.SIGKILL:  # it cannot explain SIGKILL
        say(native, level=0, to="stderr")


def _what_next(folder: Path) -> str:
    with contextlib.suppress(OSError):
        run = (folder / "run").read_text(encoding="utf-8")
        return worded(" In all processes, {resume} resumes it.", resume=Call("resume", run))
    return worded(" Nothing was trained.")


def lost_process(native: str) -> int | None:
    """Return the process that JAX reports as lost, as of jax 0.10; None if it reports none.

    Args:
        native: str. What JAX's C++ has written to standard error.
    """
    unheard = re.search(r"stopped sending heartbeats\):\s*(\d+)", native)
    if unheard:
        return int(unheard[1])
    task = re.search(r"/task:(\d+).{0,80}heartbeat timeout", native)
    if task:
        return int(task[1])
    of_service = ("remote target coordination_service", "PollForError", "distributed service")
    return 0 if any(word in native for word in of_service) else None


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode("utf-8", "replace")[-20_000:]
