"""What decides a plan: declared once, for TOML, Python and the command line."""

import dataclasses
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from kbert.choices import BatchSize, Recipe
from kbert.findings import Cure, Finding
from kbert.plans.plan_checks import check_plan_settings, check_update_size

if TYPE_CHECKING:
    from kbert.plans.training_plan import TrainingPlan

_ROWS_PER_UPDATE = 32


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """What makes a `TrainingPlan` of a number of examples.

    Example:

    ```python
    assert PlanOptions(epochs=4).plan(examples=320).updates == 40
    assert PlanOptions(batch_size=8, update_size=32).plan(examples=320).updates == 30
    ```
    """

    epochs: int = 3
    """Passes over the data."""
    batch_size: BatchSize = 32
    """Rows per batch; auto takes the most that fit in memory."""
    update_size: int | None = None
    """Rows per update of the weights, in one or several batches."""
    gradient_accumulation_steps: int = 1
    """Batches per update of the weights."""
    learning_rate: float = 5e-5
    """Peak learning rate, at the end of warmup."""
    warmup_proportion: float = 0.1
    """Share of the updates spent on warmup."""
    recipe: Recipe = "recommended"
    """AdamW and a continuous schedule, or the exact arithmetic of Google's run_classifier.py."""

    def __post_init__(self) -> None:
        check_update_size(self.batch_size, self.update_size, self.gradient_accumulation_steps)
        check_plan_settings(self)

    @property
    def rows_per_update(self) -> int:
        """Rows of one update of the weights, whatever its batches are."""
        if self.update_size is not None:
            return self.update_size
        if self.batch_size == "auto":
            return _ROWS_PER_UPDATE
        return self.batch_size * self.gradient_accumulation_steps

    def in_batches_of(self, batch_size: int) -> Self:
        """Return the settings with batches of a size, and as many of them per update as before.

        Args:
            batch_size: int. A divisor of `rows_per_update`.
        """
        steps = self.rows_per_update // batch_size
        return replace(
            self, batch_size=batch_size, gradient_accumulation_steps=steps, update_size=None
        )

    def findings(self, plan: "TrainingPlan") -> list[Finding]:
        """Return what is wrong with a plan of these settings, with cures in these settings.

        A smaller batch alone changes no update whose rows are given.
        """
        found = plan.findings()
        if self.update_size is None and self.batch_size != "auto":
            return found
        steps = plan.gradient_accumulation_steps
        return [replace(finding, cure=self._by_update(finding.cure, steps)) for finding in found]

    def _by_update(self, cure: Cure, steps: int) -> Cure:
        settings = dict(cure.settings)
        if "batch_size" in settings:
            settings["update_size"] = settings["batch_size"] * steps
            if self.batch_size == "auto":
                del settings["batch_size"]
        otherwise = tuple(self._by_update(other, steps) for other in cure.otherwise)
        return replace(cure, settings=settings, otherwise=otherwise)

    def plan(self, examples: int) -> "TrainingPlan":
        """Return the plan for a number of training rows; where batches are auto, one per update."""
        from kbert.plans.training_plan import TrainingPlan

        size = self.rows_per_update if self.batch_size == "auto" else self.batch_size
        settings = self.in_batches_of(size)
        names = [f.name for f in dataclasses.fields(PlanOptions) if f.name != "update_size"]
        return TrainingPlan(examples=examples, **{name: getattr(settings, name) for name in names})
