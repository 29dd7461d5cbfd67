"""The settings of a run that is resumed or continued, perhaps from another folder."""

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.config import TrainConfig
from kbert.errors import InputError
from kbert.interop.sources import find_source
from kbert.runs.run_directory import RunDirectory

_PATHS = ("data", "dev", "test", "preset", "parent")
_NOT_INHERITED = ("output", "parent", "allow")


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


def check_is_run(run: RunDirectory) -> None:
    """Raise InputError when there is no run at a path."""
    if not run.path.exists():
        raise InputError("{run} does not exist. Pass the directory of a run.", run=run)
    if not (run.path / "config.toml").is_file():
        raise InputError(
            "{run} is not a run directory: it has no config.toml. Pass the directory of a run.",
            run=run,
        )


def parent_settings(run: str | Path) -> dict[str, Any]:
    """Return the settings that a run hands on to one that continues it.

    Raises:
        InputError: `run` is not a run directory, or contains no model yet.
    """
    parent = RunDirectory(run)
    check_is_run(parent)
    find_source(run)  # raises where the run has no model yet
    settings = dataclasses.asdict(run_config(parent))
    return {k: v for k, v in settings.items() if v is not None and k not in _NOT_INHERITED}
