"""A callback that changes a model at a certain batch."""

import keras


class AtBatch(keras.callbacks.Callback):
    """Does something to the model before one batch of the whole fit.

    Args:
        batch: int. The batch, counted over all epochs.
        change: function of the model.
    """

    def __init__(self, batch, change):
        super().__init__()
        self.left = batch
        self.change = change

    def on_train_batch_begin(self, batch, logs=None):
        if self.left == 0:
            self.change(self.model)
        self.left -= 1
