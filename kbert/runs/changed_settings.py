"""Which settings of a run can be changed when it resumes."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from kbert.config import CheckpointOptions
from kbert.errors import InputError
from kbert.findings import Call, Cure, Option
from kbert.plans.plan_options import PlanOptions
from kbert.runs.run_directory import RunDirectory

# The settings of a plan that can change in the middle of a run; another recipe is another run.
PLAN_FIELDS = tuple(field.name for field in fields(PlanOptions) if field.name != "recipe")
CHANGEABLE = (*PLAN_FIELDS, *(field.name for field in fields(CheckpointOptions)), "backend")


def check_changes(run: RunDirectory, changes: Iterable[str]) -> None:
    """Raise InputError for a setting that a resumed run cannot change."""
    for name in changes:
        if name not in CHANGEABLE:
            raise InputError(
                "A resumed run cannot change {option}; it can change {changeable}.",
                option=Option(name),
                changeable=", ".join(CHANGEABLE),
                cure=Cure(
                    note="for other settings: {call}",
                    values={"call": Call("continue", run.path, output="NEW")},
                ),
            )


def check_scaled(changes: Mapping[str, Any]) -> None:
    """Raise InputError where there are no epochs to scale, or they are given."""
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
