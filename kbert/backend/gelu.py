"""GELU with a gradient of few operations."""

import math
from typing import Any

import keras


def erf_gelu(values: Any) -> Any:
    """Return `x * P(X <= x)` for a standard normal X, in fewer operations on TensorFlow.

    There the gradient of Keras's own GELU is a chain of operations, each of which writes a tensor
    of the feed-forward block's size: 5 to 10% of a step. Here the gradient is

        P(X <= x) + x * exp(-x ** 2 / 2) / sqrt(2 * pi)

    XLA, which JAX uses, fuses the operations into one loop, and torch has a kernel.

    Source: "Gaussian Error Linear Units", arXiv 1606.08415.
    """
    if keras.backend.backend() != "tensorflow":
        return keras.activations.gelu(values)
    import tensorflow as tf

    @tf.custom_gradient
    def gelu(x: Any) -> Any:
        erf = tf.math.erf(x / math.sqrt(2.0))

        def gradient(outer: Any) -> Any:
            below = 0.5 * (1.0 + erf)
            return outer * (below + x * tf.exp(-0.5 * x * x) * (1.0 / math.sqrt(2.0 * math.pi)))

        return 0.5 * x * (1.0 + erf), gradient

    return gelu(values)


def plain_gelu(values: Any) -> Any:
    """Return what `erf_gelu` does, in a form that TensorFlow fuses with the product before it.

    The form is that of tf.nn.gelu, which TensorFlow's graph optimizer and LiteRT's converter
    recognize. The gradient takes more operations.
    """
    if keras.backend.backend() != "tensorflow":
        return keras.activations.gelu(values)
    import tensorflow as tf

    return 0.5 * values * (1.0 + tf.math.erf(values / math.sqrt(2.0)))
