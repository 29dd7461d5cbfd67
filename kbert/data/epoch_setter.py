"""Tells `Batches` which epoch `fit` is in."""

from typing import Any

import keras

from kbert.data.batches import Batches


class EpochSetter(keras.callbacks.Callback):
    """Tells the batches which epoch `fit` is in, including `initial_epoch`."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._batches.epoch = epoch
