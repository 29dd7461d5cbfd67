"""What kbert needs of a compiled model's loss and metrics beyond Keras's public API.

Each function names what it leans on, as of keras 3.15, and has a test of its own in
tests/backend/test_metric_internals.py, which fails by name when Keras changes.
"""

from typing import Any

import keras

from kbert.backend.devices import scope_of


def metric_names(model: keras.Model) -> set[str]:
    """Return the names of a compiled model's loss and metrics in the logs of an epoch.

    Leans on `self._user_metrics = metrics` and `self._user_weighted_metrics` of CompileMetrics
    (trainers/compile_utils.py), which on TensorFlow makes the metrics inside the first step.
    """
    compiled = model._compile_metrics
    given = [] if compiled is None else [compiled._user_metrics, compiled._user_weighted_metrics]
    metrics = [*keras.tree.flatten(given), *model.metrics]
    names = {m if isinstance(m, str) else getattr(m, "name", None) for m in metrics}
    names |= {getattr(metric, "__name__", None) for metric in metrics}
    return {name for name in names if name not in (None, "compile_metrics")} | {"loss"}


def metrics_without_weights(model: keras.Model) -> list[Any]:
    """Return the metrics of a compiled model that weigh all rows of a batch equally.

    Leans on `self._user_metrics = metrics` of CompileMetrics (trainers/compile_utils.py).
    """
    compiled = model._compile_metrics
    return [] if compiled is None else keras.tree.flatten(compiled._user_metrics or [])


def has_direction(model: keras.Model, name: str) -> bool:
    """Return whether Keras knows if more or less is better for the loss or metric of this name.

    Leans on `if hasattr(m, "_direction"):` in `_set_monitor_op` (callbacks/monitor_callback.py) and
    on `not in ["accuracy", "acc"]` and `metric_name = identifier` of `get_metric`
    (trainers/compile_utils.py): a metric given as a string has this string as its name.
    """
    compiled = model._compile_metrics
    given = [] if compiled is None else [compiled._user_metrics, compiled._user_weighted_metrics]
    for metric in keras.tree.flatten(given):
        if isinstance(metric, str) and metric == name:
            if name.lower() in ("accuracy", "acc"):
                return True
            metric = keras.metrics.get(metric)
        elif name not in (getattr(metric, "name", None), getattr(metric, "__name__", None)):
            continue
        if not isinstance(metric, keras.metrics.Metric):
            metric = keras.metrics.MeanMetricWrapper(metric)
        return hasattr(metric, "_direction")
    return name == "loss"


def logs_known_names(model: keras.Model) -> bool:
    """Return whether the logs of a model's epochs contain only its loss and metrics.

    Leans on `train_step`, `test_step`, `compute_metrics` and `get_metrics_result` of Trainer
    (trainers/trainer.py, backend/*/trainer.py), which a model may override to log others.
    """
    methods = ("train_step", "test_step", "compute_metrics", "get_metrics_result")
    return all(getattr(type(model), name) is getattr(keras.Model, name) for name in methods)


def build_metrics(model: keras.Model, batch: Any) -> None:
    """Build a compiled model's metrics and optimizer from a batch, before its first step.

    Leans on `def _symbolic_build(self, iterator=None, data_batch=None)` (trainers/trainer.py).
    """
    with scope_of(model):
        model._symbolic_build(data_batch=batch)


def track_loss(mean: keras.metrics.Mean, loss: Any, inputs: Any) -> None:
    """Update the mean of a loss with the loss of a batch, as Keras updates its own mean.

    Leans on `unscale_loss_for_distribution` (losses/loss.py) and on `self._loss_tracker.
    update_state(` in `train_step` (backend/*/trainer.py), which weighs a batch by its rows.
    """
    from keras.src.losses.loss import unscale_loss_for_distribution

    first = next(array for array in keras.tree.flatten(inputs) if array is not None)
    rows = keras.ops.shape(first)[0]
    mean.update_state(unscale_loss_for_distribution(loss), sample_weight=rows)


def loss_function(loss: Any) -> tuple[Any, dict[str, Any]]:
    """Return the function that computes a loss, and its settings; (None, {}) for any other loss.

    Leans on `self.fn = fn` and `self._fn_kwargs = kwargs` in `LossFunctionWrapper`
    (losses/losses.py).

    Args:
        loss: str, function or keras.Loss, as `compile` takes it.
    """
    try:
        loss = keras.losses.get(loss)
    except ValueError:  # a name that Keras does not know, or only in `get_loss`
        return None, {}
    if not isinstance(loss, keras.Loss):
        return loss, {}
    if type(loss).call is not keras.losses.SparseCategoricalCrossentropy.call:
        return None, {}
    return loss.fn, dict(loss._fn_kwargs)
