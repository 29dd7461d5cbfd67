"""What a tracker is told about a run, when it begins and when it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Status = Literal["finished", "stopped", "failed"]


@dataclass(frozen=True)
class TrackedRun:
    """What a tracker is told about a run when it begins.

    Args:
        folder: Path. The folder of the run.
        name: str. What the tracker shows.
        settings: dict, shown once.
        identity: str. If it differs from before, as with a changed plan, the steps sent earlier are
            not those of this run, and W&B and MLflow begin a new run. Defaults to "".
        group: str or None. What the run is a part of. Defaults to None.
    """

    folder: Path
    name: str
    settings: Mapping[str, Any]
    identity: str = ""
    group: str | None = None


@dataclass(frozen=True)
class TrackedEnd:
    """What a tracker is told about a run when it ends.

    Args:
        status: "finished", "stopped" or "failed".
        scores: dict of the best scores by name, as "best/dev/accuracy". Defaults to {}.
        findings: tuple of str. Their codes. Defaults to ().
    """

    status: Status
    scores: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
