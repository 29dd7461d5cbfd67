"""The search for a learning rate."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.results.rate_search import RateSearch, check_rates
from kbert.utils.say import say, verbose_level, verbosity


def find_learning_rate(
    model: Any,
    batches: Any,
    *,
    lowest: float = 1e-7,
    highest: float = 1e-2,
    updates: int = 100,
    verbose: int = 1,
) -> RateSearch:
    """Train a compiled model at rates that grow from update to update, and return the losses.

        rate(update) = lowest * (highest / lowest) ** (update / (updates - 1))

    The search ends early if the loss is no longer finite. Afterwards, the model, its optimizer and
    its random state are as they were before.

    Args:
        model: keras.Model, compiled; its loss and optimizer are used.
        batches: labelled `Batches` for training, or another sequence of batches.
        lowest: float. The first rate. Defaults to 1e-7.
        highest: float. The last rate. Defaults to 1e-2.
        updates: int. The number of rates to try, one update each. Defaults to 100.
        verbose: int. 1 prints the loss after each tenth of the search, 0 nothing. Defaults to 1.

    Raises:
        InputError: the model is not compiled, there is no batch, or a value is out of range.

    Example:

    ```python
    from kbert import plots

    search = find_learning_rate(model, batches, updates=20)
    print(search)
    plots.rate_search(search).save("rates.svg")
    ```
    """
    check_rates(lowest, highest, updates)
    if not getattr(model, "compiled", False):
        raise InputError("The model is not compiled: call model.compile(optimizer=...) first.")
    if len(batches) == 0:
        raise InputError("{option} has no batch.", option=Option("batches"))
    from kbert.schedules.exponential_growth import ExponentialGrowth

    together = getattr(model.optimizer, "gradient_accumulation_steps", None) or 1
    schedule = ExponentialGrowth(lowest, highest, updates, together)
    rates = [float(schedule(update * together)) for update in range(updates)]
    losses: list[float] = []
    order = itertools.cycle(range(len(batches)))
    with _searching(model, schedule), verbosity(min(verbose, verbose_level())):
        for update, rate in enumerate(rates, 1):
            parts = []
            for index in itertools.islice(order, together):
                model.reset_metrics()
                logs = model.train_on_batch(*batches[index], return_dict=True)
                parts.append(float(logs["loss"]))
            loss = float(np.mean(parts))
            if not np.isfinite(loss):
                break
            losses.append(loss)
            if update * 10 // updates > (update - 1) * 10 // updates:
                say(
                    worded(
                        "update {update:,} of {updates:,}, rate {rate:.2g}, loss {loss:.4f}",
                        update=update,
                        updates=updates,
                        rate=rate,
                        loss=loss,
                    )
                )
    return RateSearch(np.array(rates[: len(losses)]), np.array(losses))


@contextmanager
def _searching(model: Any, schedule: Any) -> Iterator[None]:
    """Give a model an optimizer with this schedule, and undo all training at the end."""
    import keras

    own, variables = model.optimizer, list(model.variables)
    before = [keras.ops.convert_to_numpy(variable.value).copy() for variable in variables]
    model.optimizer = _with_rates(own, schedule)
    model.optimizer.build(model.trainable_variables)
    model.make_train_function(force=True)  # the existing function holds the old optimizer
    try:
        yield
    finally:
        model.optimizer = own
        model.make_train_function(force=True)
        for variable, array in zip(variables, before, strict=True):
            variable.assign(array)
        model.reset_metrics()


def _with_rates(optimizer: Any, schedule: Any) -> Any:
    """Return a new optimizer of the same kind and settings, with other learning rates."""
    inner = getattr(optimizer, "inner_optimizer", None)
    if inner is not None:  # a LossScaleOptimizer, for float16
        return type(optimizer)(_with_rates(inner, schedule))
    settings = {**optimizer.get_config(), "learning_rate": schedule}
    return type(optimizer).from_config(settings)
