"""Keras's callback that leaves the moving average of the weights in the model after an epoch."""

from collections.abc import Sequence
from typing import Any

import keras

from kbert.errors import InputError
from kbert.findings import Cure


def check_not_swapped(callbacks: Sequence[Any]) -> None:
    """Raise InputError if other callbacks would mistake averages for the weights being trained.

    Args:
        callbacks: sequence of callbacks. All callbacks of a `fit`.
    """
    swap = keras.callbacks.SwapEMAWeights
    if any(isinstance(callback, swap) and callback.swap_on_epoch for callback in callbacks):
        raise InputError(
            "SwapEMAWeights(swap_on_epoch=True) exchanges the weights for their moving average "
            "after an epoch, which kbert's callbacks do themselves.",
            cure=Cure(
                note="leave the callback out",
                otherwise=(Cure(code="SwapEMAWeights()", note="which only validation_data needs"),),
            ),
        )
