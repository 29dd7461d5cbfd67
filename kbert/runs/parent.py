"""The run that a second training starts from."""

import dataclasses
from pathlib import Path
from typing import Any

from kbert.config import TrainConfig
from kbert.errors import KbertError
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory


def parent_config(run: str | Path) -> TrainConfig:
    """Return a run's settings, or raise KbertError when it is none or holds no model."""
    parent = RunDirectory(run)
    if not (parent.path / "config.toml").is_file():
        what = "is no run directory" if parent.path.exists() else "does not exist"
        raise KbertError(f"{parent} {what}. Name one that `kbert train` has written.")
    if not (parent.model_folder / "config.json").is_file():
        raise KbertError(
            f"{run} holds no model yet (its status is {parent.info.get('status')!r}). A run that "
            f"was stopped after its first epoch goes on with: kbert resume {run}. Else train "
            f"again: kbert train --config {run}/config.toml --output NEW"
        )
    return run_config(parent)


def parent_settings(run: str | Path) -> dict[str, Any]:
    """Return the settings that a second training takes over from a run."""
    settings = dataclasses.asdict(parent_config(run))
    own = ("output", "parent", "force")
    return {k: v for k, v in settings.items() if v is not None and k not in own}
