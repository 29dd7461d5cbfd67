"""When the next checkpoint inside an epoch is due."""

import time

from kbert.errors import InputError
from kbert.findings import Option


class SaveInterval:
    """Tells when a checkpoint is due: this many batches or minutes after the last one.

    Args:
        steps: int or None. Batches between two checkpoints. Defaults to None: any number.
        minutes: float or None. Minutes between two checkpoints. Defaults to None: any number.

    Raises:
        InputError: one of them is 0 or less.

    Example:

    ```python
    interval = SaveInterval(steps=100)
    interval.restart(batches=50)
    assert not interval.is_due(batches=149) and interval.is_due(batches=150)
    ```
    """

    def __init__(self, steps: int | None = None, minutes: float | None = None) -> None:
        for name, value in (("every_steps", steps), ("every_minutes", minutes)):
            if value is not None and value <= 0:
                raise InputError(
                    "{option} must be above 0, or None. Received: {value!r}",
                    option=Option(name),
                    value=value,
                )
        self.steps = steps
        self.minutes = minutes
        self.restart(0)

    def restart(self, batches: int) -> None:
        """Count from now, after this many batches of the run."""
        self._batches, self._time = batches, time.monotonic()

    def is_due(self, batches: int) -> bool:
        """Whether it is time for a checkpoint after this many batches of the run."""
        minutes = (time.monotonic() - self._time) / 60
        return (self.steps is not None and batches - self._batches >= self.steps) or (
            self.minutes is not None and minutes >= self.minutes
        )
