"""What kbert needs of Keras and keras-hub beyond their public API.

Each function names what it leans on, as of keras 3.15 and keras-hub 0.32, and has a test of its
own in tests/backend/test_keras_internals.py, which fails by name when Keras changes.
"""

import inspect
from collections.abc import Callable
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
    return int(keras.ops.convert_to_numpy(inner_optimizer(optimizer)._iterations))


def set_batches_seen(optimizer: Any, number: int) -> None:
    """Set how many batches an optimizer has been given; see `batches_seen`."""
    inner_optimizer(optimizer)._iterations.assign(number)


def updates_done(optimizer: Any) -> int:
    """Return how many updates an optimizer has performed, whatever it accumulates."""
    return int(keras.ops.convert_to_numpy(inner_optimizer(optimizer).iterations))


def learning_rates(optimizer: Any, steps: np.ndarray) -> np.ndarray:
    """Return the learning rates with which an optimizer takes steps, counted in batches from 0.

    Leans on `self._learning_rate = learning_rate` (optimizers/base_optimizer.py): the public
    `learning_rate` is the schedule's present value.
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


def has_direction(model: keras.Model, name: str) -> bool:
    """Return whether Keras knows if more or less of a loss or metric is better, by its name.

    Leans on `if hasattr(m, "_direction"):` in `_set_monitor_op` (callbacks/monitor_callback.py) and
    on `not in ["accuracy", "acc"]` and `metric_name = identifier` of `get_metric`
    (trainers/compile_utils.py): a metric given as a text has this text as its name.
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


def callbacks_of_fit() -> list[keras.callbacks.Callback]:
    """Return all callbacks of the `fit` that is calling one of them; none outside a `fit`.

    Keras shows callbacks nothing of each other. Leans on `for callback in self.callbacks:` in the
    methods of `CallbackList` (callbacks/callback_list.py), which the caller was called from.
    """
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, keras.callbacks.CallbackList):
            return list(owner.callbacks)
        frame = (
            frame.f_back if isinstance(owner, keras.callbacks.Callback) or owner is None else None
        )
    return []


def fit_validates(model: keras.Model) -> bool | None:
    """Return whether the `fit` of a model that is calling a callback validates; None outside one.

    Leans on `validation_data` of `fit` (backend/*/trainer.py), which `validation_split` sets too.
    """
    frame = inspect.currentframe()
    while frame is not None:
        names = frame.f_locals
        is_fit = frame.f_code.co_name == "fit" and "validation_data" in names
        if is_fit and names.get("self") is model and "validation_split" in names:
            return names["validation_data"] is not None
        frame = frame.f_back
    return None


def logs_known_names(model: keras.Model) -> bool:
    """Return whether the logs of a model's epochs have the names of its loss and metrics alone.

    Leans on `train_step`, `test_step`, `compute_metrics` and `get_metrics_result` of Trainer
    (trainers/trainer.py, backend/*/trainer.py), which a model may override to log others.
    """
    methods = ("train_step", "test_step", "compute_metrics", "get_metrics_result")
    return all(getattr(type(model), name) is getattr(keras.Model, name) for name in methods)


def replace_optimizer(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    """Give a compiled model another optimizer, in a callback's `set_model`.

    `compile` would also replace loss and metrics, and `fit` has already built these when it calls
    `set_model`. Leans on `if self.train_function is not None and not force: return` in
    `make_train_function` (backend/*/trainer.py), whose function holds the old optimizer, and on
    `return self._compile_config.serialize()` in `get_compile_config` (trainers/trainer.py), by
    which a saved model is compiled when it is loaded.
    """
    model.optimizer = optimizer
    if model.built:  # TensorFlow builds it inside the first step, and the optimizer with it
        optimizer.build(model.trainable_variables)
    model.train_function = None
    model._compile_config.config["optimizer"] = optimizer


def set_first_epoch(model: keras.Model, epoch: int) -> None:
    """Let the `fit` that is running begin with an epoch; call it in `on_train_begin`.

    Leans on `initial_epoch = self._initial_epoch or initial_epoch` in `fit` (backend/*/trainer.py).
    """
    model._initial_epoch = epoch


def forget_first_epoch(model: keras.Model) -> None:
    """Let the next `fit` begin where it is told to; Keras keeps what `set_first_epoch` has set."""
    model._initial_epoch = None


def build_metrics(model: keras.Model, batch: Any) -> None:
    """Build a compiled model's metrics and optimizer by a batch of its data, before its first step.

    Leans on `def _symbolic_build(self, iterator=None, data_batch=None)` (trainers/trainer.py).
    """
    model._symbolic_build(data_batch=batch)


def loss_function(loss: Any) -> tuple[Any, dict[str, Any]]:
    """Return the function that computes a loss, and its settings; (None, {}) for any other loss.

    Leans on `self.fn = fn` and `self._fn_kwargs = kwargs` in `LossFunctionWrapper`
    (losses/losses.py).

    Args:
        loss: str, function or keras.Loss, as `compile` takes it.
    """
    try:
        loss = keras.losses.get(loss)
    except ValueError:  # a name that Keras does not know, or knows from `get_loss` alone
        return None, {}
    if not isinstance(loss, keras.Loss):
        return loss, {}
    if type(loss).call is not keras.losses.SparseCategoricalCrossentropy.call:
        return None, {}
    return loss.fn, dict(loss._fn_kwargs)


def set_gelu(layer: Any, activation: Callable[[Any], Any]) -> None:
    """Set the activation of a keras-hub `TransformerEncoder`.

    keras-hub's BertBackbone has no argument for it. Leans on
    `self._feedforward_intermediate_dense = keras.layers.Dense(` (layers/modeling/
    transformer_encoder.py).
    """
    layer._feedforward_intermediate_dense.activation = activation


def set_layer_norm_epsilon(layer: Any, epsilon: float) -> None:
    """Set the epsilon of both layer normalizations of a keras-hub `TransformerEncoder`.

    keras-hub's BertBackbone has no argument for it. Leans on
    `self._self_attention_layer_norm = keras.layers.LayerNormalization(` and
    `self._feedforward_layer_norm = keras.layers.LayerNormalization(` (layers/modeling/
    transformer_encoder.py), and on `self.epsilon,` in `LayerNormalization.call`
    (layers/normalization/layer_normalization.py).
    """
    layer._self_attention_layer_norm.epsilon = epsilon
    layer._feedforward_layer_norm.epsilon = epsilon
    layer.layer_norm_epsilon = epsilon


def set_dropout(layer: Any, dropout: float, attention: float) -> None:
    """Set the dropout of a keras-hub `TransformerEncoder`, and that of its attention's weights.

    keras-hub's BertBackbone has one argument for both. The layer must have been made with a dropout
    above 0: only then do its parts hold random generators. Leans on
    `self._self_attention_dropout = keras.layers.Dropout(` and
    `self._feedforward_dropout = keras.layers.Dropout(` (layers/modeling/transformer_encoder.py),
    and on `if self._dropout > 0.0:` and `final_attn_scores = self._dropout_layer(`
    (layers/attention/multi_head_attention.py).
    """
    layer._self_attention_dropout.rate = dropout
    layer._feedforward_dropout.rate = dropout
    layer.dropout = dropout
    layer._self_attention_layer._dropout_layer.rate = attention
    layer._self_attention_layer._dropout = attention


def attention_dropout(layer: Any) -> float:
    """Return the dropout of the attention's weights of a keras-hub `TransformerEncoder`."""
    return layer._self_attention_layer.dropout


def width_before_epoch(index: int, width: int, first: int, step: int) -> int:
    """Return the width of a batch that Keras asks a PyDataset for outside an epoch.

    There its TensorFlow adapter asks for the first two batches, and holds all others to the
    dimensions that these have in common: the width must not be one of them. Leans on
    `NUM_BATCHES_FOR_TENSOR_SPEC = 2` (trainers/data_adapters/data_adapter_utils.py).

    Args:
        index: int. The batch.
        width: int. Its width.
        first: int. The width of batch 0.
        step: int. How much to add, if the second batch has the width of the first.
    """
    return width + step if index == 1 and width == first else width


class StepsOfEpoch(int):
    """The steps of an epoch, as a PyDataset's `num_batches`; a resumed epoch has fewer.

    Keras notes the number once for a whole `fit`, and compares it before each step with the steps
    that were made. If it were too large, Keras would start one more step, for which there is no
    batch; on TensorFlow that step draws random numbers before it fails, and no resumed run would be
    exact. Leans on `if self._num_batches and self._steps_seen >= self._num_batches`
    (trainers/epoch_iterator.py).

    Args:
        number: int. The steps of a whole epoch.
        skipped: function that returns how many of them the present epoch leaves out.
    """

    _skipped: Callable[[], int]

    def __new__(cls, number: int, skipped: Callable[[], int]) -> "StepsOfEpoch":
        steps = super().__new__(cls, number)
        steps._skipped = skipped
        return steps

    def __le__(self, made: int) -> bool:
        """Whether an epoch in which this many steps were made is over: `made >= steps`."""
        return int(self) - self._skipped() <= made
