"""The rate, the loss and the gradient norm of each step, as optimizer and model had them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kbert.backend.device_values import device_copy, read_together
from kbert.backend.fit_internals import values_inside_step
from kbert.backend.optimizer_internals import (
    accumulated_steps,
    batch_count,
    follows_schedule,
    gradient_norm,
    inner_optimizer,
    learning_rates,
)

Row = tuple[int, int, str, str, str]
"""Step, epoch, rate, loss and gradient norm, as they are written."""


class _Step(NamedTuple):
    """Scalars that tell the row of a step, or the rows of several that ran together."""

    first: Any  # the optimizer's count of batches before
    rate: Any  # None where the schedule tells it
    done: Any  # the optimizer's count after, where there were several; else None
    total_before: Any  # of Keras's mean of the epoch's losses; None where the model has none
    count_before: Any
    total: Any
    count: Any
    norm: Any  # of the gradients of the last update; None where the optimizer does not tell it


class StepWatch:
    """Takes copies of what tells rate and loss of a step, and reads those of several together.

    Args:
        epoch: int. Counted from 0.
    """

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._last = -1
        self._mean: list[Any] | None = None
        self._first: Any = None
        self._rate: Any = None
        self._held: list[_Step] = []
        self._before_held = -1  # the batch before the first that is held

    @property
    def steps(self) -> int:
        """How many steps are held."""
        return self._last - self._before_held

    def before(self, model: Any, *, rate_now: bool) -> None:
        """Take what tells the rate of a step.

        Args:
            model: keras.Model.
            rate_now: bool. Whether the rate of a schedule is computed now, for which the model's
                variables must have values; otherwise it is when the rows are read.
        """
        if self._mean is None:  # 0, unless the epoch is being resumed
            self._mean = _mean(model)
        optimizer = inner_optimizer(model.optimizer)
        rate = None
        if rate_now or not follows_schedule(optimizer):
            rate = optimizer.learning_rate
        if isinstance(rate, keras.Variable):
            (rate,) = _copies(model, [rate])
        # `iterations` would count updates under accumulation, and a schedule sees batches.
        (self._first,) = _copies(model, [batch_count(optimizer)])
        self._rate = rate

    def after(self, model: Any, batch: int) -> None:
        """Take what tells the loss and the gradient norm of a step."""
        before, self._mean = self._mean or [None, None], _mean(model)
        several = batch > self._last + 1
        done = _copies(model, [batch_count(model.optimizer)])[0] if several else None
        variable = gradient_norm(model.optimizer)
        norm = None if variable is None else _copies(model, [variable])[0]
        taken = [self._first, self._rate, done, *before, *self._mean, norm]
        self._held.append(_Step(*taken))
        self._last = batch

    def rows(self, optimizer: Any, at_most: int | None = None) -> list[Row]:
        """Read what is held, which stays held until `forget`, and return its rows.

        Args:
            optimizer: the model's.
            at_most: int or None. How many to read of what `after` has taken. Defaults to None: all.
        """
        held = self._held[:at_most]
        read = iter(read_together([value for step in held for value in step]))
        steps = [_Step(*(next(read) for _ in step)) for step in held]
        unknown = [step.first for step in steps if step.rate is None]
        rates = iter(learning_rates(optimizer, np.array(unknown)) if unknown else ())
        return [row for step in steps for row in self._rows(step, optimizer, rates)]

    def forget(self, at_most: int | None = None) -> None:
        """Let go of what `rows` has read."""
        del self._held[:at_most]
        self._before_held = self._last

    def __bool__(self) -> bool:
        return bool(self._held)

    def _rows(self, step: _Step, optimizer: Any, rates: Iterator[Any]) -> Sequence[Row]:
        first = int(step.first)
        rate = next(rates) if step.rate is None else step.rate
        done = first + 1 if step.done is None else int(step.done)
        if done > first + 1:  # several together, of which Keras tells only the mean of the losses
            numbers = np.arange(first, done)
            found = learning_rates(optimizer, numbers)
            return [
                (int(number), self._epoch, f"{rate:.9g}", "", "")
                for number, rate in zip(numbers, found, strict=True)
            ]
        loss = ""
        if None not in (step.count, step.count_before) and step.count > step.count_before:
            mean = (step.total - step.total_before) / (step.count - step.count_before)
            loss = f"{mean:.6g}"
        is_update = done % accumulated_steps(optimizer) == 0
        norm = f"{step.norm:.6g}" if is_update and step.norm is not None else ""
        return [(first, self._epoch, f"{rate:.9g}", loss, norm)]


def _copies(model: Any, variables: Sequence[keras.Variable]) -> list[Any]:
    return [device_copy(value) for value in values_inside_step(model, variables)]


def _mean(model: Any) -> list[Any]:
    """Return total and count of Keras's mean of the epoch's loss, or None where it has none."""
    mean = next((metric for metric in model.metrics if metric.name == "loss"), None)
    if not isinstance(mean, keras.metrics.Mean):
        return [None, None]
    return _copies(model, [mean.total, mean.count])
