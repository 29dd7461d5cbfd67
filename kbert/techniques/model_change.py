"""Techniques that change a model before it is compiled."""

from abc import abstractmethod
from typing import Any, ClassVar

from kbert.techniques.technique import Technique


class ModelChange(Technique):
    """A technique that changes a classifier: call it with the model before `compile`.

    Attributes:
        changes_values: bool. Whether it changes the values of weights, which a resumed run has in
            its checkpoint, and in place of which its baselines need the pretrained ones.
    """

    changes_values: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, model: Any) -> Any:
        """Change a classifier in place, and return it.

        Args:
            model: BertClassifier.

        Raises:
            InputError: the model does not have what is to be changed.
        """

    def check_layers(self, layers: int) -> None:
        """Raise InputError where an encoder of so many layers cannot be changed so."""
        return None
