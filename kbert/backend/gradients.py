"""Gradients in one form on every backend."""

from collections.abc import Iterable
from typing import Any

import keras


def summed(gradients: Iterable[Any]) -> list[Any]:
    """Return the gradients with each embedding's rows summed into one dense array.

    TensorFlow returns the gradient of an embedding as slices, one for each occurrence of a token.
    Keras would clip by the norm of the slices and square each of them for the second moment, so
    that training on TensorFlow would differ from training on JAX and torch.
    """
    gradients = list(gradients)
    if keras.backend.backend() != "tensorflow":
        return gradients
    import tensorflow as tf

    return [None if g is None else tf.convert_to_tensor(g) for g in gradients]
