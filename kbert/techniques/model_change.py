"""Techniques that change a model before it is compiled."""

from abc import abstractmethod
from typing import Any

from kbert.techniques.technique import Technique


class ModelChange(Technique):
    """A technique that changes a classifier: call it with the model before `compile`."""

    @abstractmethod
    def __call__(self, model: Any) -> Any:
        """Change a classifier in place, and return it.

        Args:
            model: BertClassifier.

        Raises:
            InputError: the model does not have what is to be changed.
        """
