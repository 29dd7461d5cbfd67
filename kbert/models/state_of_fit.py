"""The settings of a `fit` that is about to begin, and the state of its optimizer."""

from collections.abc import Mapping
from typing import Any

from kbert.backend.optimizer_internals import inner_optimizer, learning_rates, updates_done
from kbert.plans.fit_state import FitState


def state_of_fit(optimizer: Any, params: Mapping[str, Any], epoch: int, data: Any) -> FitState:
    """Return the state of a `fit` in its first `on_epoch_begin`.

    Args:
        optimizer: keras.Optimizer. The model's.
        params: dict. The `params` of a callback.
        epoch: int. The first epoch.
        data: what `fit` is given. Batches that resume inside an epoch know how many are done.
    """
    steps = params["steps"]
    per_update = inner_optimizer(optimizer).gradient_accumulation_steps or 1
    return FitState(
        epochs=params["epochs"],
        initial_epoch=epoch,
        steps=None if steps is None else int(steps),
        iterations=updates_done(optimizer),
        gradient_accumulation_steps=per_update,
        rates=lambda updates: learning_rates(optimizer, updates * per_update),
        batches_done=getattr(data, "first", 0),
    )
