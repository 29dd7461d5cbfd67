"""What kbert needs of Keras's optimizers beyond their public API.

Each function names what it leans on, as of keras 3.15, and has a test of its own in
tests/backend/test_optimizer_internals.py, which fails by name when Keras changes.
"""

from typing import Any

import keras
import numpy as np


def inner_optimizer(optimizer: Any) -> Any:
    """Return the optimizer that updates the weights: a LossScaleOptimizer only wraps it.

    Leans on `LossScaleOptimizer.inner_optimizer` (optimizers/loss_scale_optimizer.py).
    """
    return getattr(optimizer, "inner_optimizer", optimizer)


def batches_seen(optimizer: Any) -> int:
    """Return how many batches an optimizer has been given.

    Leans on `self._iterations` (optimizers/base_optimizer.py), the count that schedules see; the
    public `iterations` is `floor_divide(self._iterations, self.gradient_accumulation_steps)`.
    """
    return int(keras.ops.convert_to_numpy(batch_count(optimizer)))


def batch_count(optimizer: Any) -> keras.Variable:
    """Return the variable in which an optimizer counts its batches; see `batches_seen`."""
    return inner_optimizer(optimizer)._iterations


def set_batches_seen(optimizer: Any, number: int) -> None:
    """Set how many batches an optimizer has been given; see `batches_seen`."""
    batch_count(optimizer).assign(number)


def updates_done(optimizer: Any) -> int:
    """Return how many updates an optimizer has performed; accumulated batches count as one."""
    return int(keras.ops.convert_to_numpy(inner_optimizer(optimizer).iterations))


def accumulated_steps(optimizer: Any) -> int:
    """Return how many batches an optimizer accumulates per update."""
    return inner_optimizer(optimizer).gradient_accumulation_steps or 1


def built_for(optimizer: Any) -> list[keras.Variable] | None:
    """Return the variables that an optimizer has been built to update; None before it is built.

    Leans on `self._trainable_variables` (optimizers/base_optimizer.py).
    """
    optimizer = inner_optimizer(optimizer)
    return list(optimizer._trainable_variables) if optimizer.built else None


def gradient_norm(optimizer: Any) -> keras.Variable | None:
    """Return the variable in which kbert's optimizers leave the norm of an update's gradients.

    None for another optimizer, for one that does not clip by it, and for one that is not built.
    """
    found = getattr(inner_optimizer(optimizer), "gradient_norm", None)
    return found if isinstance(found, keras.Variable) else None


def learning_rates(optimizer: Any, steps: np.ndarray) -> np.ndarray:
    """Return an optimizer's learning rates at steps that are counted in batches from 0.

    Leans on `self._learning_rate = learning_rate` (optimizers/base_optimizer.py): the public
    `learning_rate` is the schedule's current value.
    """
    optimizer = inner_optimizer(optimizer)
    schedule = optimizer._learning_rate
    if hasattr(schedule, "simulate"):
        return np.asarray(schedule.simulate(steps))
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        # One by one: Keras's own schedules take a scalar.
        return np.array([float(keras.ops.convert_to_numpy(schedule(int(step)))) for step in steps])
    return np.full(len(steps), float(keras.ops.convert_to_numpy(optimizer.learning_rate)))


def follows_schedule(optimizer: Any) -> bool:
    """Return whether an optimizer takes its learning rate from a schedule; see `learning_rates`.

    Its `learning_rate` cannot be set: Keras raises a TypeError.
    """
    rate = getattr(inner_optimizer(optimizer), "_learning_rate", None)
    return isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)


def replace_optimizer(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    """Give a compiled model another optimizer, in a callback's `set_model`.

    `compile` would also replace loss and metrics, and `fit` has already built these when it calls
    `set_model`. Leans on `if self.train_function is not None and not force: return` in
    `make_train_function` (backend/*/trainer.py), whose function holds the old optimizer, and on
    `return self._compile_config.serialize()` in `get_compile_config` (trainers/trainer.py), with
    which a saved model is compiled when it is loaded.
    """
    model.optimizer = optimizer
    if model.built:  # TensorFlow builds it inside the first step, and the optimizer with it
        optimizer.build(model.trainable_variables)
    model.train_function = None
    model._compile_config.config["optimizer"] = optimizer
