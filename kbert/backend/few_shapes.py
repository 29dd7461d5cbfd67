"""Whether a model is faster with batches of few shapes."""

from typing import Any

import keras

from kbert.backend.choose_backend import computes_on_processor


def few_shapes(model: Any) -> bool:
    """Return whether a few widths, multiples of 8, cost less than the least padding per batch.

    JAX and XLA compile each shape, and the matrix units of a GPU work best with such multiples. On
    a CPU, torch and TensorFlow's plain graph take any width.

    Args:
        model: keras.Model.
    """
    backend = keras.backend.backend()
    if backend == "jax" or (backend == "tensorflow" and model.jit_compile):
        return True
    return not computes_on_processor(keras.ops.zeros(()))
