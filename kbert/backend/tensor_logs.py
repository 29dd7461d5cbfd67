"""The logs of a step as tensors."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras

from kbert.backend.fit_internals import list_of_fit


def hand_over_tensors() -> None:
    """Let the `fit` that is calling a callback pass on the logs of a step as tensors.

    Keras turns them into Python numbers after every step, whether a callback looks at them or not,
    and so waits for the device. Nothing is changed where a callback needs numbers: one that does
    something after a step and has no attribute `takes_tensors`, such as Keras's progress bar. Call
    it in `on_train_begin`.

    Leans on `self._on_train_batch_end(batch, logs)` and `if self._async_train:` in
    `CallbackList.on_train_batch_end` (callbacks/callback_list.py). The second, which is true for a
    single callback on JAX, calls it in a thread, in no fixed order.
    """
    found = list_of_fit()
    if found is None:
        return
    listening = [callback for callback in found.callbacks if _looks_at_steps(callback)]
    if all(getattr(callback, "takes_tensors", False) for callback in listening):
        found._async_train = False
        found._on_train_batch_end = partial(_hand_over, listening)


def _hand_over(callbacks: Sequence[keras.callbacks.Callback], batch: int, logs: Any = None) -> None:
    for callback in callbacks:
        callback.on_train_batch_end(batch, logs=logs)


def _looks_at_steps(callback: keras.callbacks.Callback) -> bool:
    """Whether a callback does something after a step; `on_batch_end` is an older name for it."""
    names = ("on_train_batch_end", "on_batch_end")
    default = keras.callbacks.Callback
    return any(
        getattr(getattr(callback, name), "__func__", None) is not getattr(default, name)
        for name in names
    )
