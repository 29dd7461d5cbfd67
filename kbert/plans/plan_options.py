"""What decides a plan: declared once, for TOML, Python and the command line."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kbert.choices import Recipe
from kbert.plans.plan_checks import check_plan_settings

if TYPE_CHECKING:
    from kbert.plans.training_plan import TrainingPlan


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """What makes a `TrainingPlan` of a number of examples.

    Example:

    ```python
    assert PlanOptions(epochs=4).plan(examples=320).updates == 40
    ```
    """

    epochs: int = 3
    """Passes over the data."""
    batch_size: int = 32
    """Rows per batch."""
    gradient_accumulation_steps: int = 1
    """Batches per update of the weights."""
    learning_rate: float = 5e-5
    """Peak learning rate, at the end of warmup."""
    warmup_proportion: float = 0.1
    """Share of the updates spent on warmup."""
    recipe: Recipe = "recommended"
    """AdamW and a continuous schedule, or the exact arithmetic of Google's run_classifier.py."""

    def __post_init__(self) -> None:
        check_plan_settings(self)

    def plan(self, examples: int) -> "TrainingPlan":
        """Return the plan for a number of training rows."""
        from kbert.plans.training_plan import TrainingPlan

        fields = dataclasses.fields(PlanOptions)
        return TrainingPlan(examples=examples, **{f.name: getattr(self, f.name) for f in fields})
