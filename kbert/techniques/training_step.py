"""What an objective knows about a training step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingStep:
    """One batch in training: what a model was given, and what it has computed.

    Args:
        model: BertClassifier, compiled.
        inputs: dict of tensors.
        y: tensor. The labels.
        outputs: tensor [rows, labels]. The model's outputs for the inputs.
        sample_weight: tensor [rows] or None. Defaults to None: each row weighs 1.
        loss: scalar tensor. The loss of the outputs, without any term.
        features: tensor [rows, hidden] or None. The head's inputs for the outputs, before dropout.
            Defaults to None: no objective needs them.
        loss_of: function that takes other outputs and returns their loss, as `loss` is that of
            `outputs`.
    """

    model: Any
    inputs: dict[str, Any]
    y: Any
    outputs: Any
    sample_weight: Any
    loss: Any
    features: Any
    loss_of: Callable[[Any], Any]

    def again(self, **more: Any) -> Any:
        """Return the outputs of another forward pass, with a dropout of its own.

        Args:
            **more: tensors. Further inputs, by name.
        """
        from keras import ops

        given = {**self.inputs, **more}  # Keras takes no NumPy arrays beside tensors
        tensors = {name: ops.convert_to_tensor(array) for name, array in given.items()}
        return self.model(tensors, training=True)

    def mean(self, loss: Any, first: Any, second: Any) -> Any:
        """Return a Keras loss of two arrays, reduced over rows and weights as the model's loss is.

        Args:
            loss: keras.losses.Loss.
            first: tensor [rows, ...].
            second: tensor [rows, ...].
        """
        loss.reduction = getattr(self.model.loss, "reduction", loss.reduction)
        return loss(first, second, sample_weight=self.sample_weight)
