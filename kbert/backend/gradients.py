"""Gradients in one form on every backend."""

from collections.abc import Iterable
from typing import Any

import keras


def summed(gradients: Iterable[Any]) -> list[Any]:
    """Return the gradients with each embedding's rows summed into one dense array.

    TensorFlow gives the gradient of an embedding as slices, several of them for a token that occurs
    several times. Keras would clip by the norm of the slices and square each by itself for the
    second moment, so that TensorFlow trained otherwise than JAX and torch do.
    """
    gradients = list(gradients)
    if keras.backend.backend() != "tensorflow":
        return gradients
    import tensorflow as tf

    return [None if g is None else tf.convert_to_tensor(g) for g in gradients]
