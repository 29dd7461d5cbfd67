"""The steps of an epoch that is resumed, for Keras's count of them, as of keras 3.15."""

from collections.abc import Callable


class StepsOfEpoch(int):
    """The steps of an epoch, as a PyDataset's `num_batches`; a resumed epoch has fewer.

    Keras reads the number once for a whole `fit`, and before each step compares it with the steps
    done. If it were too large, Keras would start one more step, for which there is no batch. On
    TensorFlow that step draws random numbers before it fails, so no resumed run would be exact.
    Leans on `if self._num_batches and self._steps_seen >= self._num_batches`
    (trainers/epoch_iterator.py).

    Args:
        number: int. The steps of a whole epoch.
        skipped: function that returns how many of them the current epoch skips.
    """

    _skipped: Callable[[], int]

    def __new__(cls, number: int, skipped: Callable[[], int]) -> "StepsOfEpoch":
        steps = super().__new__(cls, number)
        steps._skipped = skipped
        return steps

    def __le__(self, made: int) -> bool:
        """Whether an epoch is over after this many steps: `made >= steps`."""
        return int(self) - self._skipped() <= made
