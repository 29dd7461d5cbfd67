"""Whether a model wants batches of few shapes."""

from typing import Any

import keras

from kbert.backend.choose_backend import computes_on_processor


def few_shapes(model: Any) -> bool:
    """Return whether few widths, multiples of 8, cost less than padding each batch the least.

    JAX and XLA compile each shape, and the matrix units of a GPU want such multiples. Torch and
    TensorFlow's plain graph take any width on a processor.

    Args:
        model: keras.Model.
    """
    backend = keras.backend.backend()
    if backend == "jax" or (backend == "tensorflow" and model.jit_compile):
        return True
    return not computes_on_processor(keras.ops.zeros(()))
