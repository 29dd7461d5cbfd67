import keras
import numpy as np
import pytest

from kbert.backend import metric_internals
from tests.backend.line_model import X, fit, line

pytestmark = pytest.mark.keras


def test_build_metrics():
    model = line(metrics=["mae"])
    metric_internals.build_metrics(model, (X, X))
    assert len(model.metrics_variables) == 4  # total and count of loss and mae


def test_loss_function():
    losses = keras.losses
    function = losses.sparse_categorical_crossentropy
    for loss in ("sparse_categorical_crossentropy", function):
        assert metric_internals.loss_function(loss)[0] is function
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=3)
    found, settings = metric_internals.loss_function(loss)
    assert (found, settings["from_logits"], settings["ignore_class"]) == (function, True, 3)

    class Own(losses.BinaryCrossentropy):
        def call(self, y_true, y_pred):
            return y_pred

    for other in ("crossentropy", "no such loss", Own(), losses.CTC()):
        assert metric_internals.loss_function(other)[0] not in (
            function,
            losses.binary_crossentropy,
        )


def test_metric_names():
    assert metric_internals.metric_names(line()) == {"loss"}
    own = keras.metrics.MeanSquaredError("own")
    model = line(metrics=["mae", own], weighted_metrics=[keras.metrics.mean_squared_error])
    before = metric_internals.metric_names(model)
    fit(model)
    logs = set(fit(model).history)
    assert {"mae", "own", "mean_squared_error", "loss"} <= logs <= before
    assert logs <= metric_internals.metric_names(model)


def test_has_direction():
    metrics = ["acc", "mse", keras.metrics.AUC(name="area"), keras.losses.mean_squared_error]
    model = line(metrics=metrics)
    known = ("acc", "mse", "area", "mean_squared_error", "loss", "mean", "accuracy")
    found = []
    for name in known:
        stopping = keras.callbacks.EarlyStopping(name)
        stopping.set_model(model)
        model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)
        try:
            stopping._set_monitor_op()
            found.append(name)
        except ValueError:
            pass
    assert [name for name in known if metric_internals.has_direction(model, name)] == found
    assert {"acc", "mse", "loss"} <= set(found)


def test_logs_known_names():
    class Own(keras.Model):
        def train_step(self, *arguments):
            return super().train_step(*arguments)

    assert metric_internals.logs_known_names(line())
    assert not metric_internals.logs_known_names(Own())


def test_metrics_without_weights():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss=loss, weighted_metrics=["accuracy"])
    assert metric_internals.metrics_without_weights(model) == []
    model.compile(loss=loss, metrics=["accuracy"])
    assert metric_internals.metrics_without_weights(model) == ["accuracy"]
    assert metric_internals.metrics_without_weights(keras.Sequential()) == []


def test_track_loss():
    mean = keras.metrics.Mean()
    metric_internals.track_loss(mean, 2.0, {"b": np.ones((3, 2)), "a": np.ones((1, 2))})
    metric_internals.track_loss(mean, 5.0, {"b": np.ones((3, 2)), "a": np.ones((2, 2))})
    assert float(keras.ops.convert_to_numpy(mean.result())) == 4.0
