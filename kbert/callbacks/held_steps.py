"""Values of steps that callbacks leave on the device, and when they are read."""

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
    """A callback that leaves the values that it takes from steps on the device."""

    def read_held(self) -> None:
        """Read the held values, and handle them as would have been done after each step."""


def read_held(callbacks: Sequence[Any]) -> None:
    """Let callbacks read what they hold, before the weights are evaluated, kept or saved."""
    for callback in callbacks:
        if isinstance(callback, HoldsSteps):
            callback.read_held()


def check_read_every(read_every: int | None) -> None:
    """Raise InputError if `read_every` is neither None nor a number of steps."""
    if read_every is not None:
        check_count("read_every", read_every)


def steps_between_reads(model: keras.Model | None, read_every: int | None) -> int:
    """Return after how many steps a callback of the running `fit` reads what it holds.

    If that is more than one step, `fit` itself does not read after each step either.

    Args:
        model: keras.Model or None. The callback's model.
        read_every: int or None. The callback's own argument. None: 1 on a processor, where values
            are already computed when a step returns, and `READ_EVERY` on an accelerator.
    """
    if read_every is None:
        read_every = READ_EVERY if computes_on_accelerator(model) else 1
    if read_every > 1:
        hand_over_tensors()
    return read_every
