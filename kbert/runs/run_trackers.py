"""What a run reports to its trackers."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from kbert.config import TrainConfig
from kbert.config.pretrain_config import PretrainConfig
from kbert.runs.run_directory import RunDirectory
from kbert.trackers.find_trackers import find_trackers
from kbert.trackers.log_mirror import LogMirror
from kbert.trackers.tracked_run import TrackedRun


class RunTrackers:
    """What a run reports to its trackers, if it has any.

    Args:
        run: RunDirectory.
        config: TrainConfig or PretrainConfig.
    """

    def __init__(self, run: RunDirectory, config: TrainConfig | PretrainConfig) -> None:
        self._run = run
        self._config = config
        self._mirror = LogMirror(find_trackers(config.trackers))

    def start_after(self, begin: Callable[[], object]) -> None:
        """Rewind the run's files to where it starts or resumes, and report from there."""
        begin()
        self._mirror.start(_tracked_run(self._run, self._config))

    @contextmanager
    def until_the_end(self) -> Iterator[None]:
        """Report the end of the run when the block ends, however it ends."""
        try:
            yield
        finally:
            record = self._run.readable_record
            status = record.get("status")
            found = [str(finding.get("code")) for finding in record.get("findings", [])]
            self._mirror.finish(status if status in ("finished", "stopped") else "failed", found)


def _tracked_run(run: RunDirectory, config: TrainConfig | PretrainConfig) -> TrackedRun:
    settings = {name: value for name, value in asdict(config).items() if value not in (None, ())}
    path = run.path.resolve()
    is_fold = "fold" in settings and path.name.startswith("fold-")
    group = path.parent.name if is_fold else None
    return TrackedRun(
        folder=run.path,
        name=path.name if group is None else f"{group}/{path.name}",
        settings=settings,
        identity=_identity(run.readable_record),
        group=group,
    )


def _identity(record: dict[str, Any]) -> str:
    """Return a checksum that changes when the run's later steps are not those sent before."""
    data = {name: one.get("sha256") for name, one in record.get("data", {}).items()}
    parts = [record.get("id"), record.get("backend"), record.get("plan"), data]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
