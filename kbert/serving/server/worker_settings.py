"""What a worker of a server is told when it starts."""

from dataclasses import dataclass
from pathlib import Path

from kbert.config import ServeOptions


@dataclass(frozen=True)
class WorkerSettings:
    """What a worker of a server is told when it starts.

    Args:
        model: Path. The model, as the user named it.
        options: ServeOptions.
        metrics: Path. The folder of the counts of all workers.
        verbosity: int. As `verbose_level` of the process that starts it.
        listens_at_once: bool. Whether it answers while it loads, that it does so; else others
            answer until it is ready.
    """

    model: Path
    options: ServeOptions
    metrics: Path
    verbosity: int
    listens_at_once: bool
