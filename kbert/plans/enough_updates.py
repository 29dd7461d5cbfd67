"""How many updates a classifier needs, and the settings that give a run enough of them."""

from kbert.plans.update_schedule import UpdateSchedule

FEW_UPDATES = 100  # fewer teach a classifier little
MIN_UPDATES = 10  # fewer cannot move a model

_USUAL_BATCHES = (64, 32, 16, 8, 4)
_MAX_EPOCHS = 10


def enough_updates(plan: UpdateSchedule) -> tuple[int, int]:
    """Return a batch size and epochs that give enough updates, in few epochs if possible."""
    for batch_size in _USUAL_BATCHES:
        if batch_size > plan.batch_size or batch_size > plan.examples:
            continue
        epochs = _epochs_for(plan, batch_size)
        if epochs <= _MAX_EPOCHS:
            return batch_size, max(epochs, 3)
    batch_size = min(_USUAL_BATCHES[-1], plan.batch_size, plan.examples)
    return batch_size, _epochs_for(plan, batch_size)


def _epochs_for(plan: UpdateSchedule, batch_size: int) -> int:
    """Return the epochs in which batches of this size give enough updates."""
    whole, rest = divmod(plan.examples, batch_size)
    steps = whole + (rest > 0 and not plan.drop_remainder)
    return -(-FEW_UPDATES * plan.gradient_accumulation_steps // steps)
