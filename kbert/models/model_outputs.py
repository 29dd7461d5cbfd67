"""The outputs of a model that need not know them."""

from collections.abc import Callable
from typing import Any

import keras

from kbert.backend.between_batches import between_batches


def model_outputs(model: keras.Model, first_row: Callable[[], Any]) -> Any:
    """Return the outputs of a model as KerasTensors, or, where it does not know them, of a row.

    Args:
        model: keras.Model. One that is not built is built by the row.
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
