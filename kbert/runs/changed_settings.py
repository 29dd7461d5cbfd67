"""Which settings of a run can be changed when it resumes."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from kbert.config import CheckpointOptions, TrackerOptions
from kbert.config.recipes import with_recipe
from kbert.errors import InputError
from kbert.findings import Call, Cure, Joined, Option
from kbert.plans.plan_options import PlanOptions
from kbert.runs.run_directory import RunDirectory

# The settings of a plan that can change in the middle of a run; another recipe needs a new run.
PLAN_FIELDS = tuple(field.name for field in fields(PlanOptions) if field.name != "recipe")
_OTHERS = (CheckpointOptions, TrackerOptions)
CHANGEABLE = (*PLAN_FIELDS, *(f.name for of in _OTHERS for f in fields(of)), "backend")


def check_changes(run: RunDirectory, changes: Iterable[str]) -> None:
    """Raise InputError for a setting that a resumed run cannot change."""
    for name in changes:
        if name not in CHANGEABLE:
            raise InputError(
                "A resumed run cannot change {option}; it can change {changeable}.",
                option=Option(name),
                changeable=Joined(CHANGEABLE),
                cure=Cure(
                    note="for other settings: {call}",
                    values={"call": Call("continue", run.path, output="NEW")},
                ),
            )


def changed_settings(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with changes, and with the batches per update that follow from new sizes.

    The settings of a run contain the batches per update, not the rows. Where the rows per update
    are given, or the batch size is to be chosen, the batches per update follow from them; rows per
    update that are not given stay as they were. A new batch size replaces the old one, whether it
    is given as `batch_size` or as `batch_size_per_device`. The settings of another recipe replace
    those of the old one.

    Args:
        settings: dict, those of a run.
        changes: dict, the settings that are given.
    """
    if changes.get("recipe") is not None:
        settings = with_recipe(settings, changes["recipe"])
    changed = {**settings, **changes}
    if changes.get("batch_size_per_device") is not None:
        changed["batch_size"] = changes.get("batch_size", PlanOptions.batch_size)
    elif changes.get("batch_size") is not None:
        changed["batch_size_per_device"] = None
    is_asked = changes.get("update_size") is not None or changes.get("batch_size") == "auto"
    if is_asked and "gradient_accumulation_steps" not in changes:
        rows = settings["batch_size"] * settings["gradient_accumulation_steps"]
        changed |= {"update_size": rows, "gradient_accumulation_steps": 1}
        if changes.get("update_size") is not None:
            changed["update_size"] = changes["update_size"]
    return changed


def check_scaled(changes: Mapping[str, Any]) -> None:
    """Raise InputError where the epochs are given, or no change of the plan calls for scaling."""
    if "epochs" in changes:
        raise InputError(
            "{scale} computes the epochs: leave out {epochs}.",
            scale=Option("scale_epochs"),
            epochs=Option("epochs"),
        )
    if not set(changes) & set(PLAN_FIELDS):
        raise InputError(
            "{scale} is used only with a changed plan, such as another {batch_size}.",
            scale=Option("scale_epochs"),
            batch_size=Option("batch_size"),
        )
