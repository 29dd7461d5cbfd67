"""Layers that join the training one after the other, from the top."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from kbert.config.technique_options import TechniqueOptions
from kbert.errors import InputError
from kbert.findings import Cure, worded
from kbert.plans.training_plan import TrainingPlan
from kbert.techniques.rate_factor import RateFactor
from kbert.utils.counts import check_count
from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class GradualUnfreezing(RateFactor):
    """Train pooler and head first, then one more layer after the other, the embeddings last.

        first update of a variable = updates * (top - depth) // top

    where `depth` is 0 of the embeddings, 1 of the lowest layer, and `top` of pooler and head. Until
    then a variable is held: its gradient counts neither for the norm by which gradients are clipped
    nor for Adam's moments, and its weight does not decay. From then on it is trained as by an
    optimizer that begins with this update, at the learning rate of the schedule.

    What is held is a function of the number of updates alone, so a run resumes exactly. A step
    takes as long as any other: what shall cost less is not trained at all, see `Freeze`.

    Args:
        updates: int. The updates after which all is trained, such as half of `plan.updates`.

    Raises:
        InputError: `updates` is not a whole number of 1 or more; or, when the optimizer of a plan
            is made, not below the plan's.

    Source: "Universal Language Model Fine-tuning for Text Classification", arXiv 1801.06146,
        section 3.3, which unfreezes one more layer after each epoch. A BERT has more layers than
        its fine-tuning has epochs, so here it is one after each share of the updates.

    Example:

    ```python
    optimizer = create_optimizer(plan, rate_factors=[GradualUnfreezing(plan.updates // 2)])
    model.compile(optimizer=optimizer)
    ```
    """

    updates: int

    name: ClassVar[str] = "gradual_unfreezing"
    settings: ClassVar[dict[str, str]] = {"gradual_unfreezing": "updates"}

    def __post_init__(self) -> None:
        check_count("updates", self.updates)

    @classmethod
    def asked_by(cls, options: TechniqueOptions, plan: TrainingPlan) -> Self | None:
        share = options.gradual_unfreezing
        return cls(math.ceil(share * plan.updates)) if share else None

    def factor(self, depth: int, top: int, update: Any) -> float:
        return 1.0

    def first_update(self, depth: int, top: int) -> int:
        return self.updates * (top - depth) // top

    def check_plan(self, plan: TrainingPlan) -> None:
        if self.updates >= plan.updates:
            raise InputError(
                "The embeddings are held for {updates}, and the plan has {all}: they would never "
                "be trained.",
                updates=count_noun(self.updates, "update"),
                all=plan.updates,
                cure=Cure(code=f"GradualUnfreezing({max(1, plan.updates // 2)})"),
            )

    def told(self) -> str:
        return worded(
            "unfrozen one layer after the other, from the head: all are trained after {updates}",
            updates=count_noun(self.updates, "update"),
        )
