"""The gradient of a loss inside a training step."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from kbert.backend.gradients import summed


def gradient_at_zeros(
    loss_at: Callable[[Any], Any], shape: Sequence[int], states: Sequence[keras.Variable]
) -> Any:
    """Return the gradient of a loss with respect to an array, where the array is zero.

    It can be called where Keras computes the loss of a step, which has a gradient of its own. The
    result counts as a constant in that gradient, and is summed over TensorFlow's replicas.

    Args:
        loss_at: function of the array, which returns a scalar tensor.
        shape: sequence of int. The shape of the array.
        states: sequence of keras.Variable. Those that `loss_at` may change, such as dropout seeds.
    """
    zeros = keras.ops.zeros(shape, "float32")
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        zeros.requires_grad_()
        (gradient,) = torch.autograd.grad(loss_at(zeros), zeros)
        return gradient
    if backend == "jax":
        import jax

        def loss_and_states(array: Any) -> tuple[Any, list[Any]]:
            return loss_at(array), [state.value for state in states]

        gradient, values = jax.grad(loss_and_states, has_aux=True)(zeros)
        for state, value in zip(states, values, strict=True):
            state.assign(value)  # its value outside the trace of `grad`
    else:
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(zeros)
            loss = loss_at(zeros)
        (gradient,) = summed([tape.gradient(loss, zeros)])
    return keras.ops.stop_gradient(gradient)
