"""The runs that plots draw, and their steps."""

import os
from pathlib import Path
from typing import TypeGuard

from kbert.reports.training_log import TrainingLog
from kbert.runs.learning_rate_log import LOG
from kbert.runs.run_config import check_is_run
from kbert.runs.run_directory import RunDirectory

AnyRun = str | Path | RunDirectory
"""A run: its directory, or the path of it."""


def is_run(value: object) -> TypeGuard[AnyRun]:
    """Whether a value names a run."""
    return isinstance(value, str | os.PathLike | RunDirectory)


def opened(run: AnyRun) -> RunDirectory:
    """Return the directory of a run.

    Raises:
        InputError: there is no run.
    """
    directory = run if isinstance(run, RunDirectory) else RunDirectory(run)
    check_is_run(directory)
    return directory


def logs_of(runs: tuple[AnyRun, ...]) -> dict[str, TrainingLog]:
    """Return the steps of runs by the names of their directories, or by path if names repeat."""
    found = [opened(run) for run in runs]
    names = [run.path.resolve().name for run in found]
    if len(set(names)) < len(names):
        names = [str(run.path) for run in found]
    logs = (TrainingLog.read(run.path / LOG) for run in found)
    return dict(zip(names, logs, strict=True))
