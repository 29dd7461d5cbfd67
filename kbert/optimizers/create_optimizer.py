"""The optimizer and the schedule that a plan asks for."""

from collections.abc import Sequence
from typing import Any

import keras

from kbert.optimizers.adamw import AdamW
from kbert.optimizers.bert_adam import BertAdam
from kbert.optimizers.fused_adam import FusedAdam
from kbert.plans.training_plan import TrainingPlan, check_plan
from kbert.schedules.warmup_polynomial_decay import WarmupPolynomialDecay
from kbert.techniques.gradual_unfreezing import GradualUnfreezing
from kbert.techniques.moving_average import MovingAverage
from kbert.techniques.rate_factor import RateFactor


def create_optimizer(
    plan: TrainingPlan,
    *,
    weight_decay: float = 0.01,
    global_clipnorm: float | None = 1.0,
    rate_factors: Sequence[RateFactor] = (),
    moving_average: MovingAverage | None = None,
) -> keras.optimizers.Optimizer:
    """Return the plan's optimizer: AdamW, or BertAdam with the recipe "google".

    Both clip the global norm of the gradients at 1.0 and decay everything but biases and LayerNorm
    by 0.01; the schedule and the gradient accumulation are the plan's.

    Args:
        plan: TrainingPlan.
        weight_decay: float. Defaults to 0.01.
        global_clipnorm: float or None. Defaults to 1.0.
        rate_factors: sequence of RateFactor, such as `LayerDecay(0.9)`. Defaults to (): all
            variables have the same rate.
        moving_average: MovingAverage or None. Defaults to None: the weights themselves are
            evaluated and kept.

    Raises:
        InputError: a rate factor would leave something untrained for the whole plan.

    Example:

    ```python
    plan = TrainingPlan(examples=1000, batch_size=32, epochs=3)
    assert create_optimizer(plan).name == "adamw"
    ```
    """
    check_plan(plan)
    schedule = WarmupPolynomialDecay(
        plan.learning_rate,
        decay_steps=plan.updates,
        warmup_steps=plan.warmup_updates,
        end_learning_rate=plan.end_learning_rate,
        power=plan.power,
        decay_from=plan.decay_from,
        steps_per_update=plan.gradient_accumulation_steps,
    )
    optimizer = BertAdam if plan.recipe == "google" else AdamW
    return optimizer(
        schedule,
        weight_decay=weight_decay,
        global_clipnorm=global_clipnorm,
        rate_factors=[factor.in_plan(plan) for factor in rate_factors],
        gradient_accumulation_steps=plan.gradient_accumulation_steps
        if plan.gradient_accumulation_steps > 1
        else None,
        **({} if moving_average is None else moving_average.settings_of_optimizer()),
    )


def settings_beside_plan(optimizer: Any) -> dict[str, Any]:
    """Return the arguments with which `create_optimizer` makes an optimizer like this one.

    They are empty for an optimizer that is not one of kbert's. Layers that it has unfrozen one
    after the other are not frozen again.

    Args:
        optimizer: keras.optimizers.Optimizer.
    """
    if not isinstance(optimizer, FusedAdam):
        return {}
    factors = [f for f in optimizer.rate_factors if not isinstance(f, GradualUnfreezing)]
    return {
        "weight_decay": optimizer.weight_decay,
        "global_clipnorm": optimizer.global_clipnorm,
        "rate_factors": factors,
        "moving_average": MovingAverage(optimizer.ema_momentum) if optimizer.use_ema else None,
    }
