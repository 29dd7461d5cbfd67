"""Write the best model as soon as there is one."""

from pathlib import Path
from typing import Any

import keras

from kbert.callbacks.epoch_evaluation import EpochEvaluation


class KeepBest(keras.callbacks.Callback):
    """Saves the model in place of a folder after every epoch that is the best so far.

    Args:
        evaluation: EpochEvaluation, which stands before this in the list of callbacks.
        folder: the folder.
    """

    def __init__(self, evaluation: EpochEvaluation, folder: Path) -> None:
        super().__init__()
        self._evaluation = evaluation
        self._folder = folder

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save the model when this epoch is the best."""
        if self._evaluation.best_epoch == epoch:
            self.model.save_to(self._folder)
