"""A second training: the weights stay, the optimizer starts anew."""

from collections.abc import Callable
from typing import Any

import keras

from kbert.backend.keras_internals import replace_optimizer
from kbert.optimizers.create_optimizer import create_optimizer
from kbert.plans.training_plan import TrainingPlan


class FreshOptimizer(keras.callbacks.Callback):
    """Gives `fit` a new optimizer with a plan of its own; the weights are kept.

    An optimizer remembers how many updates it has made, and a schedule that has come to its end
    stays there: a second `fit` with the same optimizer has learning rate 0 and changes nothing.
    With this callback every `fit` starts at update 0 of `plan`, moments at zero, whether the model
    has been trained in this process or was loaded from a file. Loss and metrics stay as compiled.

    Args:
        plan: TrainingPlan, of the training that begins.
        optimizer: function that makes the optimizer of a plan. Defaults to `create_optimizer`.

    Example:

    ```python
    again = TrainingPlan(examples=1000, epochs=2, learning_rate=2e-5)
    model.fit(batches, epochs=again.epochs, callbacks=[FreshOptimizer(again)])
    ```
    """

    def __init__(
        self,
        plan: TrainingPlan,
        optimizer: Callable[[TrainingPlan], keras.optimizers.Optimizer] = create_optimizer,
    ) -> None:
        super().__init__()
        self.plan = plan
        self._create = optimizer

    def set_model(self, model: Any) -> None:
        """Replace the optimizer, in time for the train function that `fit` makes after this."""
        super().set_model(model)
        optimizer = self._create(self.plan)
        if isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        replace_optimizer(model, optimizer)
