"""Evaluation in the middle of training."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from kbert.backend.random_states import capture_random_states, restore_random_states


@contextmanager
def between_batches(model: Any) -> Iterator[None]:
    """Let a model predict inside the block, after which `fit` continues as if it had not.

    On torch `predict` draws from the global random numbers, as dropout does, and leaves the module
    in evaluation mode; `fit` sets training mode only at the beginning of an epoch.

    Args:
        model: keras.Model, read from a callback's `self.model`: on JAX this copies the state of the
            running epoch back into the model's variables.
    """
    states = capture_random_states()
    is_torch = keras.backend.backend() == "torch"
    was_training = is_torch and model.training
    try:
        yield
    finally:
        restore_random_states(states)
        if is_torch:
            model.train(was_training)
