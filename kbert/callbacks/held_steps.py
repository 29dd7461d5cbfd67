"""What callbacks have taken of steps and left on the device, and when it is read."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import keras

from kbert.backend.device_values import computes_on_accelerator
from kbert.backend.tensor_logs import hand_over_tensors
from kbert.utils.counts import check_count

READ_EVERY = 50
"""Steps after which an accelerator is read, where nothing else is said."""


@runtime_checkable
class HoldsSteps(Protocol):
    """A callback that leaves what it takes of steps on the device."""

    def read_held(self) -> None:
        """Read what is held, and do with it what would have been done after each step."""


def read_held(callbacks: Sequence[Any]) -> None:
    """Let callbacks read what they hold: before the weights are evaluated, kept or saved."""
    for callback in callbacks:
        if isinstance(callback, HoldsSteps):
            callback.read_held()


def check_read_every(read_every: int | None) -> None:
    """Raise InputError for what is neither None nor a number of steps."""
    if read_every is not None:
        check_count("read_every", read_every)


def steps_between_reads(model: keras.Model | None, read_every: int | None) -> int:
    """Return after how many steps a callback of the `fit` that calls reads what it holds.

    Where these are several, `fit` does not read either.

    Args:
        model: keras.Model or None, that of the callback.
        read_every: int or None. What the callback was given. None: 1 on a processor, which has
            computed when it answers, and `READ_EVERY` on an accelerator.
    """
    if read_every is None:
        read_every = READ_EVERY if computes_on_accelerator(model) else 1
    if read_every > 1:
        hand_over_tensors()
    return read_every
