"""The arithmetic of updates that kbert's plan and Google's command share."""

from typing import Any

import numpy as np

from kbert.choices import DecayFrom
from kbert.plans.learning_rate import LearningRate

_MAX_SAMPLES = 1_000_000  # updates examined for a share


class UpdateSchedule:
    """N updates, W of them warmup, and the learning rate of each, as in google-research/bert.

        N = int(examples / batch_size * epochs) // gradient_accumulation_steps
        W = int(N * warmup_proportion)

    A subclass is a frozen dataclass with these fields, and overrides what it does differently.
    """

    examples: int
    batch_size: int
    epochs: float
    learning_rate: float
    warmup_proportion: float
    gradient_accumulation_steps: int = 1
    end_learning_rate: float = 0.0
    power: float = 1.0
    devices: int = 1

    @property
    def drop_remainder(self) -> bool:
        """Whether an epoch's last, incomplete batch is left out."""
        return False

    @property
    def decay_from(self) -> DecayFrom:
        """Where the decay counts from; see `WarmupPolynomialDecay`."""
        return "start"

    @property
    def steps_per_epoch(self) -> int:
        """Batches per epoch; what Keras calls `steps_per_epoch`."""
        if self.drop_remainder:
            return self.examples // self.batch_size
        return -(-self.examples // self.batch_size)

    @property
    def rows_per_batch(self) -> int:
        """Rows of an epoch's largest batch."""
        return min(self.batch_size, self.examples)

    @property
    def rows_per_device(self) -> int:
        """Rows of such a batch that each device computes, padding included."""
        return -(-self.rows_per_batch // self.devices)

    @property
    def padding_rows(self) -> int:
        """Rows of weight 0 that fill such a batch up, so that all devices have the same number."""
        return self.rows_per_device * self.devices - self.rows_per_batch

    @property
    def updates(self) -> int:
        """N: the update at which the decay reaches its end."""
        # Float division, then truncation: 3668 / 32 * 3 is 343, not 342.
        batches = int(self.examples / self.batch_size * self.epochs)
        return batches // self.gradient_accumulation_steps

    @property
    def num_updates(self) -> int:
        """Updates of the whole run."""
        return self.updates

    @property
    def warmup_updates(self) -> int:
        """W: the updates of linear warmup."""
        return int(self.updates * self.warmup_proportion)

    def learning_rate_at(self, update: Any) -> Any:
        """Return the rate of an update, or of an array of them, counted from 0."""
        rate = LearningRate(
            peak=self.learning_rate,
            decay_steps=self.updates,
            warmup_steps=self.warmup_updates,
            end=self.end_learning_rate,
            power=self.power,
            decay_from=self.decay_from,
        )
        return rate.at(np.asarray(update))

    def share_below(self, fraction: float) -> float:
        """Return the share of the run's updates whose rate is below `fraction` of the peak."""
        samples = min(self.num_updates, _MAX_SAMPLES)
        updates = np.linspace(0, self.num_updates - 1, samples).round().astype(np.int64)
        return float(np.mean(self.learning_rate_at(updates) < fraction * self.learning_rate))
