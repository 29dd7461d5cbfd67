"""Learning rates that grow by the same factor at each update."""

from typing import Any

import keras
from keras import ops

from kbert.results.rate_search import check_rates


@keras.saving.register_keras_serializable(package="kbert")
class ExponentialGrowth(keras.optimizers.schedules.LearningRateSchedule):
    """A `LearningRateSchedule` that grows from one rate to another, for a learning-rate search.

        rate(update) = lowest * (highest / lowest) ** (update / (updates - 1))

    Args:
        lowest: float, above 0. The rate of the first update.
        highest: float, above `lowest`. The rate of the last update, and of all later ones.
        updates: int, 2 or more.
        steps_per_update: int. Batches per update, if gradients are accumulated. Defaults to 1.

    Raises:
        InputError: a value is out of range.

    Source: "Cyclical Learning Rates for Training Neural Networks", arXiv 1506.01186, section 3.3,
        whose rates grow linearly; those of fastai's `lr_find` grow exponentially.

    Example:

    ```python
    schedule = ExponentialGrowth(1e-6, 1e-2, updates=5)
    assert [round(float(schedule(step)), 8) for step in range(3)] == [1e-6, 1e-5, 1e-4]
    ```
    """

    def __init__(
        self, lowest: float, highest: float, updates: int, steps_per_update: int = 1
    ) -> None:
        check_rates(lowest, highest, updates)
        self.lowest = lowest
        self.highest = highest
        self.updates = updates
        self.steps_per_update = steps_per_update

    def __call__(self, step: Any) -> Any:
        update = ops.cast(ops.floor_divide(step, self.steps_per_update), "float32")
        share = ops.minimum(update / (self.updates - 1), 1.0)
        return self.lowest * ops.power(ops.cast(self.highest / self.lowest, "float32"), share)

    def get_config(self) -> dict[str, Any]:
        return {
            "lowest": self.lowest,
            "highest": self.highest,
            "updates": self.updates,
            "steps_per_update": self.steps_per_update,
        }
