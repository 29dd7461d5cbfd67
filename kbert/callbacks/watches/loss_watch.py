"""Whether the losses are finite."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kbert.backend.device_values import read_together


@dataclass(frozen=True)
class StepLoss:
    """The loss that a step has reported.

    Args:
        loss: float, or a scalar tensor until it is read.
        batch: int. The batch of the epoch, counted from 0.
        batches: int. Batches before it.
    """

    loss: Any
    batch: int
    batches: int


class LossWatch:
    """Holds the losses of steps, on the device where they are there, until they are read."""

    def __init__(self) -> None:
        self._held: list[StepLoss] = []

    def hold(self, loss: Any, batch: int, batches: int) -> None:
        """Take the loss of a step; see `StepLoss`."""
        self._held.append(StepLoss(loss, batch, batches))

    def steps(self, batches: int) -> int:
        """Return how many steps are held, if there have been this many batches."""
        return batches - self._held[0].batches if self._held else 0

    def first_not_finite(self) -> StepLoss | None:
        """Read what is held, let go of it, and return the first loss that is NaN or infinite."""
        held, self._held = self._held, []
        losses = map(float, read_together([step.loss for step in held]))
        for step, loss in zip(held, losses, strict=True):
            if not np.isfinite(loss):
                return StepLoss(loss, step.batch, step.batches)
        return None
