"""Checks of a plan's settings, for `TrainingPlan` and for the options that become one."""

import math
from numbers import Real
from typing import Any, Protocol, get_args

from kbert.choices import BatchSize
from kbert.errors import InputError
from kbert.findings import Cure, Option, worded
from kbert.utils.counts import check_count


class PlanSettings(Protocol):
    """The settings of a plan that do not depend on the data."""

    @property
    def epochs(self) -> int:
        """Passes over the data."""

    @property
    def gradient_accumulation_steps(self) -> int:
        """Batches per update."""

    @property
    def learning_rate(self) -> float:
        """The peak."""

    @property
    def warmup_proportion(self) -> float:
        """Share of the updates spent on warmup."""


def check_plan_settings(settings: PlanSettings) -> None:
    """Raise InputError for a number of a plan that is out of range."""
    for name in ("epochs", "gradient_accumulation_steps"):
        check_count(name, getattr(settings, name))
    for name in ("learning_rate", "warmup_proportion"):
        check_number(name, getattr(settings, name))
    if not 0 < settings.learning_rate < math.inf:
        raise InputError(
            "{option} must be above 0 (5e-5 is usual). Received: {value!r}",
            option=Option("learning_rate"),
            value=settings.learning_rate,
        )
    if not 0 <= settings.warmup_proportion < 1:
        raise InputError(
            "{option} must be from 0 to below 1 (0.1 is usual). Received: {value!r}",
            option=Option("warmup_proportion"),
            value=settings.warmup_proportion,
        )


def check_recipe(name: str, allowed: Any) -> None:
    """Raise InputError for a recipe that is not among those of a `Literal`."""
    if name not in get_args(allowed):
        raise InputError(
            "{option} must be {names}. Received: {value!r}",
            option=Option("recipe"),
            names=worded(" or ").join(f'"{one}"' for one in get_args(allowed)),
            value=name,
        )


def check_update_size(batch_size: BatchSize, update_size: int | None, steps: int) -> None:
    """Raise InputError for rows per update that batches cannot make up.

    Args:
        batch_size: int or "auto".
        update_size: int or None. Rows per update.
        steps: int. Batches per update, which follow from the two.
    """
    if batch_size != "auto":
        check_count("batch_size", batch_size)
    if update_size is not None:
        check_count("update_size", update_size)
    elif batch_size != "auto":
        return
    if steps != 1:
        raise InputError(
            "{steps} follows from {update_size} and {batch_size}, but was given too.",
            steps=Option("gradient_accumulation_steps"),
            update_size=Option("update_size"),
            batch_size=Option("batch_size"),
            cure=Cure({"gradient_accumulation_steps": 1}, note="or leave it out"),
        )
    if batch_size != "auto" and update_size is not None and update_size % batch_size:
        whole = max(round(update_size / batch_size), 1) * batch_size
        raise InputError(
            "{option} must be a multiple of the {batch_size:,} rows of a batch. Received: "
            "{update_size:,}",
            option=Option("update_size"),
            batch_size=batch_size,
            update_size=update_size,
            cure=Cure({"update_size": whole}, otherwise=(Cure({"batch_size": "auto"}),)),
        )


def check_number(name: str, value: Any) -> None:
    """Raise InputError for what is not a number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(
            "{option} must be a number. Received: {value!r}", option=Option(name), value=value
        )
