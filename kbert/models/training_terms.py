"""The terms that objectives add to a model's loss."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from kbert.backend.devices import scope_of
from kbert.backend.metric_internals import track_loss
from kbert.techniques.objective import Objective
from kbert.techniques.training_step import TrainingStep


class TrainingTerms:
    """The objectives of a compiled model, and the mean of its loss without them.

    Args:
        model: TextModel.
        objectives: sequence of Objective.

    Attributes:
        features: tensor or None. What the model's last forward pass gave to the head, until
            `added` takes it; Keras passes on only the outputs.
    """

    def __init__(self, model: Any, objectives: Sequence[Objective]) -> None:
        for objective in objectives:
            objective.check(model)
        self.objectives = tuple(objectives)
        self.needs_features = any(objective.needs_features for objective in objectives)
        self.features: Any = None
        with scope_of(model):
            self.task_loss = keras.metrics.Mean(name="task_loss")

    def added(
        self,
        model: Any,
        loss_of: Callable[[Any], Any],
        x: Any,
        y: Any,
        y_pred: Any,
        sample_weight: Any,
        training: bool,
    ) -> Any:
        """Return the loss of a step; in training, with the terms.

        Args:
            model: TextModel.
            loss_of: function of outputs, which returns their loss.
            x: as in `compute_loss`, like all arguments that follow.
        """
        features, self.features = self.features, None
        loss = loss_of(y_pred)
        track_loss(self.task_loss, loss, x)
        if not training:
            return loss
        step = TrainingStep(model, x, y, y_pred, sample_weight, loss, features, loss_of)
        terms = [objective.term(step) for objective in self.objectives]
        self.features = None  # those of a pass that an objective has computed
        return sum(terms, start=loss)
