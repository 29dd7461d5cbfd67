"""Techniques that add a term to the loss."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from kbert.techniques.technique import Technique
from kbert.techniques.training_step import TrainingStep

if TYPE_CHECKING:
    from kbert.targets.target import Target


class Objective(Technique):
    """A technique that adds a term to the loss of each training step.

    A classifier takes it when it is compiled: `model.compile(optimizer, objectives=[RDrop(1.0)])`.
    The terms of several objectives are added. In training, Keras's `loss` includes the terms and
    `task_loss` does not; in evaluation, neither does.

    Attributes:
        needs_features: bool. Whether the step must have `features`. Defaults to False.
    """

    needs_features: ClassVar[bool] = False

    def check(self, model: Any) -> None:
        """Raise InputError if a classifier cannot be trained with it.

        Args:
            model: BertClassifier.
        """

    def check_rows(self, target: "Target", batch_size: int | None = None) -> None:
        """Raise InputError if rows cannot be trained with it, before there is a model.

        Args:
            target: Target. The target of the rows.
            batch_size: int or None. Defaults to None: not known yet.
        """

    @abstractmethod
    def term(self, step: TrainingStep) -> Any:
        """Return what is added to the loss of a step, a scalar tensor.

        On TensorFlow with several devices, each device computes the term of its own rows, and the
        terms are added. For a mean, use `step.mean(...)`, which divides by the number of devices.

        Args:
            step: TrainingStep.
        """
