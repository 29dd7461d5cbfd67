"""The settings of a run that is taken up again, perhaps from another folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.config import TrainConfig
from kbert.runs.run_directory import RunDirectory

_PATHS = ("data", "dev", "test", "preset", "parent")


def run_config(run: RunDirectory) -> TrainConfig:
    """Return a run's settings; paths not found from here are taken from where it was started."""
    config = TrainConfig.from_toml(run.path / "config.toml")
    start = run.record.get("started_in")
    if start is None:
        return config
    given = {name: getattr(config, name) for name in _PATHS}
    moved: dict[str, Any] = {
        name: str(Path(start) / path)
        for name, path in given.items()
        if path is not None and not Path(path).exists() and (Path(start) / path).exists()
    }
    return replace(config, **moved)
