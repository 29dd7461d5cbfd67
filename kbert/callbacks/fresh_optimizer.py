"""A second training run: the weights stay, the optimizer starts from scratch."""

from collections.abc import Callable
from typing import Any

import keras

from kbert.backend.optimizer_internals import inner_optimizer, replace_optimizer
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.optimizers.create_optimizer import create_optimizer, settings_beside_plan
from kbert.plans.training_plan import TrainingPlan, check_plan


class FreshOptimizer(keras.callbacks.Callback):
    """Gives `fit` a new optimizer with a plan of its own; the weights are kept.

    An optimizer remembers how many updates it has performed, and a schedule that has ended stays
    at its end: a second `fit` with the same optimizer has learning rate 0 and changes nothing.
    With this callback every `fit` starts at update 0 of `plan` with zero moments, whether the
    model was trained in this process or loaded from a file. Loss and metrics stay as compiled.

    Args:
        plan: TrainingPlan. The plan of the `fit` that begins.
        optimizer: function that returns an optimizer for a plan. Defaults to `create_optimizer`,
            which keeps what is not in the plan if the model's optimizer is one of kbert's: weight
            decay, clipping, the rates of the layers, a moving average. Layers that were unfrozen
            one after the other are not frozen again.

    Example:

    ```python
    again = TrainingPlan(examples=1000, epochs=2, learning_rate=2e-5)
    model.fit(batches, epochs=again.epochs, callbacks=[FreshOptimizer(again)])
    ```
    """

    def __init__(
        self,
        plan: TrainingPlan,
        optimizer: Callable[..., keras.optimizers.Optimizer] = create_optimizer,
    ) -> None:
        super().__init__()
        check_plan(plan)
        if not callable(optimizer):
            raise InputError(
                "{option} must be a function of a plan that returns an optimizer. Received: {kind}",
                option=Option("optimizer"),
                kind=type(optimizer).__name__,
                cure=Cure(code="optimizer=lambda plan: keras.optimizers.Adam(plan.learning_rate)"),
            )
        self.plan = plan
        self._create = optimizer

    def set_model(self, model: Any) -> None:
        # Here, not in `on_train_begin`: in between, `fit` makes its train function.
        super().set_model(model)
        old = inner_optimizer(model.optimizer)
        settings = settings_beside_plan(old) if self._create is create_optimizer else {}
        optimizer = self._create(self.plan, **settings)
        if isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        replace_optimizer(model, optimizer)
