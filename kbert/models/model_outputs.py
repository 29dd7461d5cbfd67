"""The outputs of a model, which may not know them before it has run."""

from collections.abc import Callable
from typing import Any

import keras

from kbert.backend.between_batches import between_batches


def model_outputs(model: keras.Model, first_row: Callable[[], Any]) -> Any:
    """Return a model's outputs as KerasTensors; if it does not know them, its outputs for one row.

    Args:
        model: keras.Model. If it is not built, predicting the row builds it.
        first_row: function that returns the inputs of one row.
    """
    try:
        return model.outputs
    except AttributeError:  # a subclass, or a Sequential without the shape of its input
        pass
    if not model.built:
        return model.predict(first_row(), verbose=0)
    with between_batches(model):
        return model.predict(first_row(), verbose=0)
