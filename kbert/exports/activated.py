"""What a program does with a model's outputs."""

from typing import Any


def activated(model: Any, outputs: Any) -> Any:
    """Return the probabilities, or the numbers, of a model's outputs [rows, labels].

    Args:
        model: BertClassifier.
        outputs: tensor of the backend that Keras runs on.
    """
    import keras

    return getattr(keras.activations, model.target.activation)(outputs)
