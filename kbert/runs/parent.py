"""The run that a second training starts from."""

import dataclasses
from pathlib import Path
from typing import Any

from kbert.config import TrainConfig
from kbert.errors import InputError
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory


def parent_config(run: str | Path) -> TrainConfig:
    """Return a run's settings, or raise KbertError when it is none or holds no model."""
    parent = RunDirectory(run)
    if not (parent.path / "config.toml").is_file():
        what = "is no run directory" if parent.path.exists() else "does not exist"
        raise InputError(
            "{parent} {what}. Name one that `kbert train` has written.", parent=parent, what=what
        )
    if not (parent.model_folder / "config.json").is_file():
        raise InputError(
            "{run} holds no model yet (its status is {record!r}). A run that was stopped after "
            "its first epoch goes on with: kbert resume {run}. Else train again: kbert train "
            "--config {run}/config.toml --output NEW",
            run=run,
            record=parent.record.get("status"),
        )
    return run_config(parent)


def parent_settings(run: str | Path) -> dict[str, Any]:
    """Return the settings that a second training takes over from a run."""
    settings = dataclasses.asdict(parent_config(run))
    own = ("output", "parent", "allow")
    return {k: v for k, v in settings.items() if v is not None and k not in own}
