"""Layers that join training one after the other, from the top."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from kbert.errors import InputError
from kbert.findings import Cure, Message, worded
from kbert.plans.training_plan import TrainingPlan
from kbert.techniques.rate_factor import RateFactor
from kbert.utils.counts import check_count
from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class GradualUnfreezing(RateFactor):
    """Train the pooler and head first, then one more layer at a time, and the embeddings last.

        first update of a variable = updates * (top - depth) // top

    where `depth` is 0 for the embeddings, 1 for the lowest layer, and `top` for the pooler and
    head. Until its first update, a variable is held: its gradient counts neither for the norm by
    which gradients are clipped nor for Adam's moments, and its weight does not decay. From then on
    it is trained as by an optimizer that starts with this update, at the schedule's learning rate.

    Which variables are held depends only on the number of updates, so a run resumes exactly. A step
    takes as long as any other; to save time, leave layers untrained, see `Freeze`.

    Args:
        updates: int, or float below 1. The number of updates after which everything is trained, or
            this number as a share of a plan's updates, which `create_optimizer` counts.

    Raises:
        InputError: `updates` is neither; it is not below the plan's updates, when the optimizer of
            a plan is created; or it is a share, when an optimizer without a plan runs an update.

    Source: "Universal Language Model Fine-tuning for Text Classification", arXiv 1801.06146,
        section 3.3, which unfreezes one more layer after each epoch. A BERT has more layers than
        its fine-tuning has epochs, so here one is unfrozen after each share of the updates.

    Example:

    ```python
    optimizer = create_optimizer(plan, rate_factors=[GradualUnfreezing(0.5)])
    model.compile(optimizer=optimizer)
    ```
    """

    updates: float

    name: ClassVar[str] = "gradual_unfreezing"
    settings: ClassVar[dict[str, str]] = {"gradual_unfreezing": "updates"}

    def __post_init__(self) -> None:
        if not self._is_share:
            check_count("updates", self.updates)

    @property
    def _is_share(self) -> bool:
        return 0 < self.updates < 1

    def factor(self, depth: int, top: int, update: Any) -> float:
        return 1.0

    def first_update(self, depth: int, top: int) -> int:
        if self._is_share:
            raise InputError(
                "A share of the updates needs a plan. Received: GradualUnfreezing({share})",
                share=self.updates,
                cure=Cure(
                    code="create_optimizer(plan, rate_factors=[...])",
                    otherwise=(Cure(note="a number of updates"),),
                ),
            )
        return int(self.updates) * (top - depth) // top

    def in_plan(self, plan: TrainingPlan) -> Self:
        if self._is_share:
            updates = math.ceil(self.updates * plan.updates)
            return replace(self, updates=max(1, min(updates, plan.updates - 1)))
        if self.updates >= plan.updates:
            raise InputError(
                "The embeddings are held for {updates}, and the plan has {all}: they would never "
                "be trained.",
                updates=count_noun(int(self.updates), "update"),
                all=plan.updates,
                cure=Cure(code="GradualUnfreezing(0.5)"),
            )
        return self

    def told(self) -> str:
        return worded(
            "unfrozen one layer after the other, from the head: all are trained after {updates}",
            updates=Message("{share:.3g}% of the updates", share=100 * self.updates)
            if self._is_share
            else count_noun(int(self.updates), "update"),
        )
