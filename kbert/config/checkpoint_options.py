"""When checkpoints are saved, and how many are kept."""

from dataclasses import dataclass

from kbert.config.checks import check_at_least_1
from kbert.errors import InputError
from kbert.findings import Option


@dataclass(frozen=True, kw_only=True)
class CheckpointOptions:
    """When checkpoints are saved besides the one of every epoch, and how many are kept.

    Example:

    ```python
    assert CheckpointOptions(checkpoint_steps=100).keep_checkpoints == 2
    ```
    """

    checkpoint_steps: int | None = None
    """Also save a checkpoint every N batches."""
    checkpoint_minutes: float | None = 10.0
    """Also save a checkpoint every N minutes."""
    keep_checkpoints: int = 2
    """Number of checkpoints to keep, besides the best one."""

    def __post_init__(self) -> None:
        check_at_least_1("checkpoint_steps", self.checkpoint_steps)
        check_at_least_1("keep_checkpoints", self.keep_checkpoints)
        if self.checkpoint_minutes is not None and not self.checkpoint_minutes > 0:
            raise InputError(
                "{option} must be above 0. Received: {minutes}",
                option=Option("checkpoint_minutes"),
                minutes=self.checkpoint_minutes,
            )
