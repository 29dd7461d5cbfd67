"""The moving average of a model's weights, which an optimizer with `use_ema` holds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops

from kbert.backend.optimizer_internals import inner_optimizer, updates_done


def move_averages(averages: Sequence[Any], variables: Sequence[Any], share: Any) -> None:
    """Move averages towards variables, each by the same share of the way.

        average += share * (variable - average)

    With several TensorFlow replicas, each moves its own copies, as in the optimizer's update.

    Args:
        averages: Keras variables.
        variables: Keras variables.
        share: scalar tensor. At 0 no bit changes.
    """
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        with torch.no_grad():
            for average, variable in zip(averages, variables, strict=True):
                average.value.data.lerp_(variable.value.data, share.to(average.value.dtype))
        return
    if backend == "tensorflow":
        import tensorflow as tf

        def move(average: Any, variable: Any, share: Any) -> None:
            average.assign_add(tf.cast(share, average.dtype) * (variable - average))

        def move_all(distribution: Any, averages: Any, variables: Any, share: Any) -> None:
            for average, variable in zip(averages, variables, strict=True):
                distribution.extended.update(average, move, args=(variable, share), group=False)

        tf.__internal__.distribute.interim.maybe_merge_call(
            move_all,
            tf.distribute.get_strategy(),
            [average.value for average in averages],
            [variable.value for variable in variables],
            share,
        )
        return
    for average, variable in zip(averages, variables, strict=True):
        average.assign(average + ops.cast(share, average.dtype) * (variable - average))


def weights_and_averages(model: keras.Model) -> list[tuple[Any, Any]]:
    """Return a model's trained weights, each with the variable of its moving average.

    Leans on `_trainable_variables` and `_model_variables_moving_average`
    (optimizers/base_optimizer.py), as `keras.callbacks.SwapEMAWeights` does.

    Args:
        model: keras.Model.

    Returns:
        list of pairs of Keras variables; empty without `use_ema`. Before the first update each
        average is set to the value of its weight; Keras starts with 0.
    """
    optimizer = inner_optimizer(getattr(model, "optimizer", None))
    if not getattr(optimizer, "use_ema", False) or not optimizer.built:
        return []
    every = zip(
        optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True
    )
    pairs = [(variable, average) for variable, average in every if average is not None]
    if not updates_done(optimizer):
        for variable, average in pairs:
            average.assign(_copied(variable))
    return pairs


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Give a model the moving averages as its weights inside the block; then restore its own.

    Args:
        model: keras.Model, read from a callback's `self.model`: on JAX this copies the state of the
            running epoch back into the model's variables.
    """
    pairs = weights_and_averages(model)
    own = [_copied(variable) for variable, _ in pairs]
    try:
        for variable, average in pairs:
            variable.assign(_copied(average))
        yield
    finally:
        for (variable, _), array in zip(pairs, own, strict=True):
            variable.assign(array)


def _copied(variable: Any) -> np.ndarray:
    """Return a copy: on JAX a step frees the memory of the variables that are passed to it."""
    return np.array(ops.convert_to_numpy(variable.value))
