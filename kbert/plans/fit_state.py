"""The state of a `fit` that is about to begin."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FitState:
    """What `fit` was asked for, and the state of the optimizer.

    Args:
        epochs: int. The number of the last epoch, as given to `fit`.
        initial_epoch: int. The epochs that `fit` skips.
        steps: int or None. Batches per epoch; None where Keras does not know.
        iterations: int. Updates that the optimizer has performed.
        gradient_accumulation_steps: int. Batches per update of the optimizer.
        rates: function of an int array of updates that returns their learning rates.
        batches_done: int. Batches of the first epoch that are already done. Defaults to 0.
    """

    epochs: int
    initial_epoch: int
    steps: int | None
    iterations: int
    gradient_accumulation_steps: int
    rates: Callable[[np.ndarray], np.ndarray]
    batches_done: int = 0

    def updates(self, steps: int) -> int:
        """Return the updates of this `fit` with this many batches per epoch."""
        batches = (self.epochs - self.initial_epoch) * steps - self.batches_done
        return max(batches, 0) // self.gradient_accumulation_steps

    def expected(self, steps: int) -> int:
        """Return the updates that lie before this `fit`."""
        batches = self.initial_epoch * steps + self.batches_done
        return batches // self.gradient_accumulation_steps
