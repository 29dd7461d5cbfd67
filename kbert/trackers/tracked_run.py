"""What a tracker is told of a run, at its beginning and at its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Status = Literal["finished", "stopped", "failed"]


@dataclass(frozen=True)
class TrackedRun:
    """What a tracker is told of a run at its beginning.

    Args:
        folder: Path, of the run.
        name: str. What the tracker shows.
        settings: dict, shown once.
        identity: str. Where it is another than before, as with a changed plan, the steps sent
            earlier are not those of this run, and W&B and MLflow begin a new one. Defaults to "".
        group: str or None. What the run is a part of. Defaults to None.
    """

    folder: Path
    name: str
    settings: Mapping[str, Any]
    identity: str = ""
    group: str | None = None


@dataclass(frozen=True)
class TrackedEnd:
    """What a tracker is told of a run at its end.

    Args:
        status: "finished", "stopped" or "failed".
        scores: dict of the best scores by name, as "best/dev/accuracy". Defaults to {}.
        findings: tuple of str. Their codes. Defaults to ().
    """

    status: Status
    scores: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
