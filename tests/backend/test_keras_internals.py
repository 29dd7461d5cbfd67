"""What kbert needs of Keras beyond its public API; a test here fails by name when Keras changes."""

import inspect

import keras
import keras_hub
import numpy as np
import pytest

from kbert.backend import keras_internals
from kbert.backend.keras_internals import StepsOfEpoch

pytestmark = pytest.mark.keras

X = np.ones((6, 1), "float32")


def line(optimizer="sgd", **arguments):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer, loss="mse", **arguments)
    return model


def fit(model, *callbacks, **arguments):
    return model.fit(X, X, 2, verbose=0, callbacks=list(callbacks), **arguments)


def test_inner_optimizer():
    sgd = keras.optimizers.SGD()
    assert keras_internals.inner_optimizer(sgd) is sgd
    assert keras_internals.inner_optimizer(keras.optimizers.LossScaleOptimizer(sgd)) is sgd


@pytest.mark.parametrize("is_scaled", [False, True], ids=["plain", "loss-scale"])
def test_batches_seen_and_updates_done(is_scaled):
    optimizer = keras.optimizers.SGD(1e-3, gradient_accumulation_steps=2)
    model = line(keras.optimizers.LossScaleOptimizer(optimizer) if is_scaled else optimizer)
    fit(model)
    counts = keras_internals.batches_seen, keras_internals.updates_done
    assert [count(model.optimizer) for count in counts] == [3, 1]
    keras_internals.set_batches_seen(model.optimizer, 8)
    assert [count(model.optimizer) for count in counts] == [8, 4]


def test_learning_rates():
    schedules = keras.optimizers.schedules
    optimizer = keras.optimizers.SGD(schedules.PolynomialDecay(1.0, 4, 0.0))
    rates = keras_internals.learning_rates(optimizer, np.arange(6))
    np.testing.assert_allclose(rates, [1, 0.75, 0.5, 0.25, 0, 0])
    constant = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))
    np.testing.assert_allclose(keras_internals.learning_rates(constant, np.arange(2)), [0.5, 0.5])


def test_replace_optimizer(tmp_path):
    class Replace(keras.callbacks.Callback):
        def set_model(self, model):
            super().set_model(model)
            keras_internals.replace_optimizer(model, keras.optimizers.SGD(0.25))

    model = line(keras.optimizers.SGD(0.0), metrics=["mae"])
    fit(model)  # the train function holds the first optimizer
    before = model.get_weights()
    history = fit(model, Replace()).history
    assert not np.array_equal(model.get_weights()[0], before[0])
    assert {"loss", "mae"} <= set(history)
    model.save(tmp_path / "line.keras")
    loaded = keras.models.load_model(tmp_path / "line.keras")
    assert float(keras.ops.convert_to_numpy(loaded.optimizer.learning_rate)) == 0.25


def test_set_first_epoch_and_forget_first_epoch():
    class Begin(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            keras_internals.set_first_epoch(self.model, 2)

    model = line()
    assert fit(model, Begin(), epochs=4).epoch == [2, 3]
    assert fit(model, epochs=4).epoch == [2, 3], "Keras forgets by itself: drop forget_first_epoch"
    keras_internals.forget_first_epoch(model)
    assert fit(model, epochs=1).epoch == [0]


def test_build_metrics():
    model = line(metrics=["mae"])
    keras_internals.build_metrics(model, (X, X))
    assert len(model.metrics_variables) == 4  # total and count of loss and mae


def test_loss_function():
    losses = keras.losses
    function = losses.sparse_categorical_crossentropy
    for loss in ("sparse_categorical_crossentropy", function):
        assert keras_internals.loss_function(loss)[0] is function
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=3)
    found, settings = keras_internals.loss_function(loss)
    assert (found, settings["from_logits"], settings["ignore_class"]) == (function, True, 3)

    class Own(losses.BinaryCrossentropy):
        def call(self, y_true, y_pred):
            return y_pred

    for other in ("crossentropy", "no such loss", Own(), losses.CTC()):
        assert keras_internals.loss_function(other)[0] not in (function, losses.binary_crossentropy)


def test_follows_schedule():
    schedule = keras.optimizers.schedules.CosineDecay(1.0, 4)
    for wrap in (lambda optimizer: optimizer, keras.optimizers.LossScaleOptimizer):
        assert keras_internals.follows_schedule(wrap(keras.optimizers.SGD(schedule)))
        assert not keras_internals.follows_schedule(wrap(keras.optimizers.SGD(0.1)))
    optimizer = keras.optimizers.SGD(schedule)
    with pytest.raises(TypeError):
        optimizer.learning_rate = 0.5


def test_metric_names():
    assert keras_internals.metric_names(line()) == {"loss"}
    own = keras.metrics.MeanSquaredError("own")
    model = line(metrics=["mae", own], weighted_metrics=[keras.metrics.mean_squared_error])
    before = keras_internals.metric_names(model)
    fit(model)
    logs = set(fit(model).history)
    assert {"mae", "own", "mean_squared_error", "loss"} <= logs <= before
    assert logs <= keras_internals.metric_names(model)


def test_callbacks_of_fit():
    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.begin = keras_internals.callbacks_of_fit()

        def on_epoch_end(self, epoch, logs=None):
            self.end = keras_internals.callbacks_of_fit()

    look, other = Look(), keras.callbacks.TerminateOnNaN()
    fit(line(), other, look)
    assert look.begin == look.end
    assert look.begin[:2] == [other, look]
    assert keras_internals.callbacks_of_fit() == []


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
    assert [name for name in known if keras_internals.has_direction(model, name)] == found
    assert {"acc", "mse", "loss"} <= set(found)


def test_fit_validates():
    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.validates = keras_internals.fit_validates(self.model)
            self.of_another = keras_internals.fit_validates(line())

    look, model = Look(), line()
    shapes = (model.input_shape, model.output_shape)
    data = tuple(np.ones((8, *shape[1:]), "float32") for shape in shapes)
    for arguments, expected in (
        ({}, False),
        ({"validation_data": data}, True),
        ({"validation_split": 0.5}, True),
    ):
        model.fit(*data, verbose=0, callbacks=[look], **arguments)
        assert (look.validates, look.of_another) == (expected, None)
    assert keras_internals.fit_validates(model) is None


def test_logs_known_names():
    class Own(keras.Model):
        def train_step(self, *arguments):
            return super().train_step(*arguments)

    assert keras_internals.logs_known_names(line())
    assert not keras_internals.logs_known_names(Own())


def test_set_gelu():
    layer = keras_hub.layers.TransformerEncoder(4, 1, activation="relu", name="layer")
    inputs = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    before = keras.ops.convert_to_numpy(layer(inputs))
    keras_internals.set_gelu(layer, keras.activations.gelu)
    assert not np.array_equal(keras.ops.convert_to_numpy(layer(inputs)), before)


def test_set_layer_norm_epsilon():
    arguments = {"intermediate_dim": 4, "num_heads": 1, "name": "layer"}
    keras.utils.set_random_seed(1)
    layer = keras_hub.layers.TransformerEncoder(**arguments, layer_norm_epsilon=1e-12)
    inputs = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    before = keras.ops.convert_to_numpy(layer(inputs))
    expected = keras_hub.layers.TransformerEncoder(**arguments, layer_norm_epsilon=0.5)
    expected.build(inputs.shape)
    expected.set_weights(layer.get_weights())
    keras_internals.set_layer_norm_epsilon(layer, 0.5)
    after = keras.ops.convert_to_numpy(layer(inputs))
    np.testing.assert_allclose(after, keras.ops.convert_to_numpy(expected(inputs)), atol=1e-6)
    assert not np.allclose(after, before, atol=1e-3)
    assert layer.get_config()["layer_norm_epsilon"] == 0.5


@pytest.mark.parametrize(("dropout", "attention"), [(0.0, 0.5), (0.5, 0.0)])
def test_set_dropout_and_attention_dropout(dropout, attention):
    layer = keras_hub.layers.TransformerEncoder(4, 1, dropout=0.5, name="layer")
    inputs = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    layer.build(inputs.shape)
    keras_internals.set_dropout(layer, dropout, attention)
    assert keras_internals.attention_dropout(layer) == attention

    def is_random(function):
        first, second = (keras.ops.convert_to_numpy(function()) for _ in range(2))
        return not np.array_equal(first, second)

    x = keras.ops.convert_to_tensor(inputs)
    of_attention = layer._self_attention_layer
    assert is_random(lambda: of_attention(x, x, training=True)) == (attention > 0)
    assert is_random(lambda: layer._feedforward_dropout(x, training=True)) == (dropout > 0)
    assert is_random(lambda: layer(x, training=True))
    keras_internals.set_dropout(layer, 0.0, 0.0)
    assert not is_random(lambda: layer(x, training=True))


def test_width_before_epoch():
    class Data(keras.utils.PyDataset):
        in_epoch = False

        def __len__(self):
            return 3

        def on_epoch_begin(self):
            self.in_epoch = True

        def __getitem__(self, index):
            width = 16 if index == 2 else 8
            if not self.in_epoch:
                width = keras_internals.width_before_epoch(index, width, 8, 8)
            return np.ones((2, width, 1), "float32"), np.ones((2, 1), "float32")

    layers = [keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((None, 1)), *layers])
    model.compile("sgd", loss="mse")
    model.fit(Data(), verbose=0, shuffle=False)
    assert keras_internals.batches_seen(model.optimizer) == 3


def test_steps_of_epoch():
    class Data(keras.utils.PyDataset):
        skipped = 0
        asked = 0

        @property
        def num_batches(self):
            return StepsOfEpoch(3, lambda: self.skipped)

        def __getitem__(self, index):
            self.asked += 1
            return X[:2], X[:2]

        def __len__(self):
            return 3 - self.skipped

    class Skip(keras.callbacks.Callback):
        def __init__(self, data, steps):
            super().__init__()
            self.data, self.steps = data, steps

        def on_epoch_begin(self, epoch, logs=None):
            self.data.skipped = 2 if epoch == 0 else 0

        def on_train_batch_end(self, batch, logs=None):
            self.steps.append(batch)

    model, data, steps = line(), Data(), []
    model.fit(data, epochs=2, verbose=0, shuffle=False, callbacks=[Skip(data, steps)])
    assert steps == [0, 0, 1, 2]
    assert keras_internals.batches_seen(model.optimizer) == 4
    assert data.num_batches == 3


def test_every_function_has_a_test():
    tested = " ".join(name for name in globals() if name.startswith("test_"))
    functions = inspect.getmembers(keras_internals, inspect.isfunction)
    own = {name for name, f in functions if f.__module__ == keras_internals.__name__}
    assert {name for name in own - {"set_batches_seen"} if name not in tested} == set()
