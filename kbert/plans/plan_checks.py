"""Checks of a plan's settings, for `TrainingPlan` and for the options that become one."""

import math
from numbers import Real
from typing import Any, Protocol, get_args

from kbert.choices import Recipe
from kbert.errors import InputError
from kbert.findings import Option
from kbert.utils.counts import check_count


class PlanSettings(Protocol):
    """The settings of a plan that do not depend on the data."""

    @property
    def batch_size(self) -> int:
        """Rows per batch."""

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

    @property
    def recipe(self) -> Recipe:
        """The arithmetic and the optimizer."""


def check_plan_settings(settings: PlanSettings) -> None:
    """Raise InputError for a setting of a plan that is out of range."""
    for name in ("batch_size", "epochs", "gradient_accumulation_steps"):
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
    if settings.recipe not in get_args(Recipe):
        raise InputError(
            '{option} must be "recommended" or "google". Received: {value!r}',
            option=Option("recipe"),
            value=settings.recipe,
        )


def check_number(name: str, value: Any) -> None:
    """Raise InputError for what is not a number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(
            "{option} must be a number. Received: {value!r}", option=Option(name), value=value
        )
