"""The settings with which a worker of a server starts."""

from dataclasses import dataclass
from pathlib import Path

from kbert.config import ServeOptions


@dataclass(frozen=True)
class WorkerSettings:
    """The settings with which a worker of a server starts.

    Args:
        model: Path. The model, as the user named it.
        options: ServeOptions.
        metrics: Path. The folder with the counts of all workers.
        verbosity: int. The `verbose_level` of the process that starts the worker.
        listens_at_once: bool. Whether the worker answers while it is loading, to say that it is;
            otherwise other workers answer until it is ready.
    """

    model: Path
    options: ServeOptions
    metrics: Path
    verbosity: int
    listens_at_once: bool
