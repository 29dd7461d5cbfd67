"""The process of a run: how it is started, here or by a task of a cluster."""

import os
import subprocess
import sys
from pathlib import Path

from kbert.backend.thread_count import thread_variables
from kbert.sweeps.workers.workers import Job, Outcome


def command(module: str, *arguments: str) -> list[str]:
    """Return the command of a process that runs a module's main program."""
    return [sys.executable, "-m", module, *arguments]


def start_process(job: Job, module: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Start the process that trains a run.

    Args:
        job: Job.
        module: str. The module whose main program trains a run; see `train_run`.
        folder: Path. Where relative paths of the settings start.
    """
    job.outcome.unlink(missing_ok=True)
    with job.log.open("ab") as log:
        return subprocess.Popen(
            command(module, *map(str, (job.config, job.run, job.outcome))),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, **thread_variables(job.threads)},
            process_group=0,  # Ctrl-C reaches it once, through the process that drives the sweep
        )


def outcome_of(job: Job, status: int) -> Outcome:
    """Return what a process that has ended with a status has told."""
    found = Outcome.read(job.outcome, status)
    job.outcome.unlink(missing_ok=True)
    return found
