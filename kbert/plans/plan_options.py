"""What decides a plan: declared once, for TOML, Python and the command line."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from kbert.choices import BatchSize, DeviceCount, PlanRecipe, Recipe
from kbert.errors import InputError
from kbert.findings import Cure, Finding, Option
from kbert.plans.device_checks import check_device_settings
from kbert.plans.plan_checks import check_plan_settings, check_recipe, check_update_size

if TYPE_CHECKING:
    from kbert.plans.training_plan import TrainingPlan

_ROWS_PER_UPDATE = 32
_NOT_OF_A_PLAN = {"update_size", "batch_size_per_device", "devices", "recipe"}


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """The settings that, with a number of examples, make a `TrainingPlan`.

    Example:

    ```python
    assert PlanOptions(epochs=4).plan(examples=320).updates == 40
    assert PlanOptions(batch_size=8, update_size=32).plan(examples=320).updates == 30
    assert PlanOptions(batch_size_per_device=8, devices=4).plan(examples=320).batch_size == 32
    ```
    """

    epochs: int = 3
    """Passes over the data."""
    batch_size: BatchSize = 32
    """Rows per batch, on all devices together; auto takes the most that fit in memory."""
    batch_size_per_device: int | None = None
    """Rows per batch on each device, instead of on all devices together."""
    devices: DeviceCount | None = None
    """Devices that share each batch, or all; by default one."""
    update_size: int | None = None
    """Rows per update of the weights, in one or several batches."""
    gradient_accumulation_steps: int = 1
    """Batches per update of the weights."""
    learning_rate: float = 5e-5
    """Peak learning rate, at the end of warmup."""
    warmup_proportion: float = 0.1
    """Share of the updates spent on warmup."""
    recipe: Recipe = "recommended"
    """Defaults for settings that are not given; google follows the arithmetic of
    run_classifier.py."""

    def __post_init__(self) -> None:
        check_device_settings(self, PlanOptions.batch_size)
        check_plan_settings(self)
        check_recipe(self.recipe, Recipe)
        if self.batch_size_per_device is None:
            check_update_size(self.batch_size, self.update_size, self.gradient_accumulation_steps)
        elif self.devices != "all":
            self.on_devices(self.devices or 1)  # which checks the batch of all

    @property
    def plan_recipe(self) -> PlanRecipe:
        """The arithmetic of the plan: Google's, or a continuous schedule with AdamW."""
        return "google" if self.recipe == "google" else "recommended"

    def on_devices(self, total: int) -> Self:
        """Return the settings for a number of devices, with the rows per batch on all of them.

        Args:
            total: int. The devices of all processes.
        """
        each = self.batch_size_per_device
        return replace(
            self,
            devices=None if self.devices is None and total == 1 else total,
            batch_size=self.batch_size if each is None else each * total,
            batch_size_per_device=None,
        )

    @property
    def rows_per_update(self) -> int:
        """Rows of one update of the weights, whatever its batches are."""
        if self.update_size is not None:
            return self.update_size
        if self.batch_size == "auto":
            return _ROWS_PER_UPDATE
        if self.batch_size_per_device is not None:
            return self._on_named_devices().rows_per_update
        return self.batch_size * self.gradient_accumulation_steps

    def in_batches_of(self, batch_size: int) -> Self:
        """Return the settings with batches of a size, and the same rows per update as before.

        Args:
            batch_size: int. A divisor of `rows_per_update`.
        """
        return replace(
            self,
            batch_size=batch_size,
            batch_size_per_device=None,
            gradient_accumulation_steps=self.rows_per_update // batch_size,
            update_size=None,
        )

    def describe(self, plan: "TrainingPlan", findings: Sequence[Finding]) -> str:
        """Describe a plan of these settings for a person, with its findings."""
        return plan.describe(findings, self.recipe, self.of_recipe())

    def of_recipe(self) -> dict[str, Any]:
        """Return the settings that the recipe gives; a plan's own recipes are only arithmetic."""
        return {}

    def findings(self, plan: "TrainingPlan") -> list[Finding]:
        """Return what is wrong with a plan of these settings, with cures in these settings.

        A smaller batch alone does not change an update whose number of rows is given.
        """
        found = [*plan.findings(), *self._times_devices(plan)]
        return [replace(finding, cure=self._as_given(finding.cure, plan)) for finding in found]

    def _times_devices(self, plan: "TrainingPlan") -> list[Finding]:
        """Return what is found if the rows on each device decide the batch, and so the updates."""
        from kbert.plans.device_findings import batch_times_devices

        if self.batch_size_per_device is None or self.update_size is not None:
            return []
        try:
            one = replace(plan, batch_size=self.batch_size_per_device, devices=1)
        except InputError:  # more batches than an optimizer can count
            return []
        found = batch_times_devices(plan, one)
        return [] if found is None else [found]

    def _as_given(self, cure: Cure, plan: "TrainingPlan | PlanOptions") -> Cure:
        """Return a cure in the settings that were given: rows per update, or on each device."""
        settings: dict[str, Any] = dict(cure.settings)
        rows = settings.get("batch_size", plan.batch_size)
        if self.batch_size_per_device is not None and {"batch_size", "devices"} & {*settings}:
            settings.pop("batch_size", None)
            before = plan.devices if isinstance(plan.devices, int) else 1
            devices = min(settings.pop("devices", before), rows)
            each, rows = rows // devices, rows // devices * devices
            changed = {} if devices == before else {"devices": devices}
            settings = {**changed, "batch_size_per_device": each, **settings}
        by_update = self.update_size is not None or self.batch_size == "auto"
        if by_update and rows != plan.batch_size:
            settings["update_size"] = rows * plan.gradient_accumulation_steps
            if self.batch_size == "auto":
                settings.pop("batch_size", None)
        otherwise = tuple(self._as_given(other, plan) for other in cure.otherwise)
        return replace(cure, settings=settings, otherwise=otherwise)

    def plan(self, examples: int) -> "TrainingPlan":
        """Return the plan for a number of training rows; where batches are auto, one per update."""
        from kbert.plans.training_plan import TrainingPlan

        settings = self._on_named_devices()
        size = settings.rows_per_update if settings.batch_size == "auto" else settings.batch_size
        values = vars(settings.in_batches_of(size))
        names = {f.name for f in dataclasses.fields(PlanOptions)} - _NOT_OF_A_PLAN
        try:
            return TrainingPlan(
                examples=examples,
                devices=values["devices"] or 1,
                recipe=self.plan_recipe,
                **{name: values[name] for name in names},
            )
        except InputError as error:
            if error.cure is not None:
                error.cure = self._as_given(error.cure, settings.in_batches_of(size))
            raise

    def _on_named_devices(self) -> Self:
        if self.devices == "all":
            raise InputError(
                "How many devices {all} means is known only on the machine that trains: for a "
                "plan, give the number.",
                all=Option("devices", "all"),
                cure=Cure({"devices": "N"}),
            )
        return self.on_devices(self.devices or 1)
