"""Leave a checkpoint to go on from."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from kbert.models.checkpoint import write_checkpoint
from kbert.models.checkpoint_position import Position
from kbert.plan import TrainingPlan


class RunCheckpoint(keras.callbacks.Callback):
    """Writes weights, optimizer and position to `folder/last` after every epoch, atomically.

    Args:
        folder: str or Path.
        plan: TrainingPlan, of this `fit`.

    Example:

    ```python
    model.fit(batches, epochs=plan.epochs, callbacks=[RunCheckpoint("runs/a/checkpoints", plan)])
    ```
    """

    def __init__(self, folder: str | Path, plan: TrainingPlan) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.plan = plan

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the checkpoint."""
        position = Position(
            epochs=epoch + 1,
            examples_seen=(epoch + 1) * self.plan.examples,
            plan=asdict(self.plan),
        )
        write_checkpoint(self.model, self.folder / "last", position)
