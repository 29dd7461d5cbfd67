"""Keras callbacks that would fail at the end of an epoch are refused before the first step."""

import keras
import numpy as np
import pytest
from keras.callbacks import (
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)

from kbert import (
    AdamW,
    Batches,
    EpochEvaluation,
    Examples,
    FreshOptimizer,
    KbertError,
    PlanGuard,
    TokenStore,
    TrainingPlan,
    create_optimizer,
)

pytestmark = pytest.mark.keras

X = np.random.default_rng(0).normal(size=(96, 4)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")
PLAN = TrainingPlan(96, batch_size=8, epochs=2, learning_rate=1e-3)


class Updates(keras.callbacks.Callback):
    batches = 0

    def on_train_batch_begin(self, batch, logs=None):
        self.batches += 1


class OwnLogs(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["dev_accuracy"] = 0.5


def plain(optimizer, metrics=None):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=metrics)
    return model, (X, Y)


@pytest.fixture
def classifier(tiny_model):
    def make(optimizer, metrics=None):
        model = tiny_model()
        model.compile(optimizer, metrics=metrics)
        texts = ["good film", "bad film"] * 6
        examples = Examples(texts, None, np.array([1, 0] * 6, np.int32), model.labels)
        store = TokenStore.build(examples, model.tokenizer, 16)
        return model, (Batches(store, 4),)

    return make


def evaluation(data, **arguments):
    return EpochEvaluation(dev=data if len(data) == 2 else data[0], verbose=0, **arguments)


def refused(model, data, callbacks, message, **arguments):
    updates = Updates()
    with pytest.raises(KbertError, match=message) as error:
        model.fit(*data, epochs=2, verbose=0, callbacks=[updates, *callbacks], **arguments)
    assert updates.batches == 0
    return str(error.value)


SETTERS = [ReduceLROnPlateau("loss"), LearningRateScheduler(lambda epoch, rate: rate)]


@pytest.mark.parametrize("callback", SETTERS, ids=["plateau", "scheduler"])
def test_setting_the_rate_of_a_schedule_is_refused(callback, classifier):
    model, data = classifier(create_optimizer(PLAN))
    text = refused(model, data, [callback], f"{type(callback).__name__} sets the learning rate")
    assert "kbert.AdamW(learning_rate=2e-5)" in text
    model, data = plain(create_optimizer(PLAN))
    refused(model, data, [callback, evaluation(data)], "takes from a schedule")
    refused(model, data, [callback, PlanGuard(PLAN)], "takes from a schedule")
    model, data = classifier(AdamW(1e-3))
    refused(model, data, [callback, FreshOptimizer(PLAN)], "takes from a schedule")


@pytest.mark.any_backend
@pytest.mark.parametrize("callback", SETTERS, ids=["plateau", "scheduler"])
def test_the_cure_works(callback, classifier):
    model, data = classifier(AdamW(learning_rate=2e-5))
    model.fit(*data, epochs=1, verbose=0, callbacks=[callback])


@pytest.mark.any_backend  # only the callbacks matter
@pytest.mark.parametrize(
    "make",
    [
        lambda monitor, folder, **a: EarlyStopping(monitor, **a),
        lambda monitor, folder, **a: ReduceLROnPlateau(monitor, **a),
        lambda monitor, folder, **a: ModelCheckpoint(
            folder / "m.keras", monitor, save_best_only=True, **a
        ),
    ],
    ids=["stopping", "plateau", "checkpoint"],
)
@pytest.mark.parametrize("model_of", ["plain", "classifier"])
def test_the_direction_of_scores(make, model_of, classifier, tmp_path):
    model, data = (plain if model_of == "plain" else classifier)(AdamW(1e-3))
    scores = evaluation(data, val_names=True)
    for monitor in ("dev_accuracy", "dev_macro_f1", "dev_mcc", "val_accuracy", "val_mcc"):
        text = refused(model, data, [scores, make(monitor, tmp_path)], "mode='auto'.* higher")
        assert f'monitor="{monitor}", mode="max"' in text
        wrong = make(monitor, tmp_path, mode="min")
        refused(model, data, [scores, wrong], "mode='min'.* the higher value is better")
    refused(model, data, [scores, make("dev_loss", tmp_path)], 'lower .*, mode="min"')
    for good in (
        make("dev_macro_f1", tmp_path, mode="max"),
        make("dev_loss", tmp_path, mode="min"),
        make("val_loss", tmp_path),
        make("loss", tmp_path),
    ):
        model.fit(*data, epochs=1, verbose=0, callbacks=[scores, good])


@pytest.mark.any_backend  # only the names matter
def test_keras_knows_the_direction_of_a_compiled_metric(classifier):
    for make in (plain, classifier):
        model, data = make(AdamW(1e-3), ["accuracy"])
        scores = evaluation(data, val_names=True)
        stopping = EarlyStopping("val_accuracy")
        model.fit(*data, epochs=2, verbose=0, callbacks=[scores, stopping])


def test_scores_must_come_before_the_callbacks_that_need_them(classifier):
    for make in (plain, classifier):
        model, data = make(AdamW(1e-3))
        callbacks = [EarlyStopping("dev_mcc", mode="max"), evaluation(data)]
        refused(model, data, callbacks, "must come before EarlyStopping in `callbacks`")


@pytest.mark.any_backend  # only the callbacks matter
@pytest.mark.parametrize(
    ("monitor", "cure"),
    [
        ("val_loss", "one of dev_accuracy, .*, or EpochEvaluation.*val_names=True"),
        ("val_accuracy", "validation_data"),
        ("test_accuracy", "one of dev_accuracy"),
        ("dev_f1", "one of dev_accuracy"),
    ],
)
def test_names_that_nothing_logs(monitor, cure, classifier, tmp_path):
    model, data = classifier(AdamW(1e-3), ["accuracy"])
    scores = evaluation(data)
    message = f"needs {monitor}, which nothing logs. Cure: .*{cure}"
    refused(model, data, [scores, EarlyStopping(monitor, mode="max")], message)
    named = ModelCheckpoint(str(tmp_path / f"{{epoch}}-{{{monitor}:.2f}}.keras"))
    refused(model, data, [scores, named], message)


@pytest.mark.any_backend  # only the callbacks matter
def test_names_that_something_may_log(classifier, tmp_path):
    model, data = classifier(AdamW(1e-3), ["accuracy"])
    stopping = EarlyStopping("dev_accuracy", mode="max")
    model.fit(*data, verbose=0, callbacks=[OwnLogs(), stopping])
    model.fit(*data, verbose=0, callbacks=[EarlyStopping("accuracy")])
    logs = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(dev_accuracy=1.0))
    model.fit(*data, verbose=0, callbacks=[logs, stopping])
    model.fit(*data, verbose=0, validation_data=data[0], callbacks=[EarlyStopping()])
    model.fit(*data, verbose=0, callbacks=[ModelCheckpoint(str(tmp_path / "m.keras"))])
    model, data = plain(AdamW(1e-3))  # kbert cannot see whether `fit` has validation data
    model.fit(*data, verbose=0, validation_data=data, callbacks=[evaluation(data), EarlyStopping()])


def test_a_single_callback_and_a_callback_list_are_checked(classifier):
    model, data = classifier(create_optimizer(PLAN))
    with pytest.raises(KbertError, match="sets the learning rate"):
        model.fit(*data, verbose=0, callbacks=SETTERS[0])
    listed = keras.callbacks.CallbackList([SETTERS[0]], model=model, epochs=1, steps=3, verbose=0)
    with pytest.raises(KbertError, match="sets the learning rate"):
        model.fit(*data, verbose=0, callbacks=listed)


@pytest.mark.any_backend  # only the callbacks matter
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EarlyStopping("val_acc"), "needs val_acc, which nothing logs. Cure: 'accuracy'"),
        (lambda: EarlyStopping("acc"), "needs acc, which nothing logs. Cure: 'accuracy'"),
        (lambda: EarlyStopping("val_loss"), r"needs val_loss.*validation_data=\.\.\."),
        (lambda: EarlyStopping("other_accuracy", mode="max"), "which nothing logs"),
        (lambda: ModelCheckpoint("{epoch}-{val_accuracy:.2f}.keras"), "needs val_accuracy"),
        (lambda: ModelCheckpoint("{epochs}.keras"), "needs epochs, which nothing logs"),
        (
            lambda: ModelCheckpoint("{epoch}-{batch}.keras"),
            "saves after each epoch, but has {batch}",
        ),
    ],
)
def test_names_that_nothing_logs_in_any_model(make, message):
    updates = Updates()
    for own in (PlanGuard(PLAN), EpochEvaluation(dev=(X, Y), verbose=0)):
        model, (x, y) = plain(create_optimizer(PLAN), ["accuracy"])
        with pytest.raises(KbertError, match=message):
            model.fit(x, y, 8, 2, verbose=0, callbacks=[updates, own, make()])
    assert updates.batches == 0


def mean_of_outputs(y_true, y_pred):
    return keras.ops.mean(y_pred, axis=-1)


@pytest.mark.any_backend  # only the callbacks matter
@pytest.mark.parametrize("monitor", ["mean_of_outputs", "val_mean_of_outputs", "own"])
def test_a_metric_whose_direction_keras_does_not_know(monitor):
    """Keras raises ValueError at the end of the first epoch."""
    updates = Updates()
    for make in (EarlyStopping, lambda name: ModelCheckpoint("m.keras", name, save_best_only=True)):
        metrics = [mean_of_outputs, keras.metrics.MeanMetricWrapper(mean_of_outputs, "own")]
        model, (x, y) = plain(create_optimizer(PLAN), metrics)
        callbacks = [updates, EpochEvaluation(dev=(X, Y), verbose=0), make(monitor)]
        with pytest.raises(KbertError, match=f"whether a higher or a lower {monitor} is better"):
            model.fit(x, y, 8, verbose=0, validation_data=(X, Y), callbacks=callbacks)
    assert updates.batches == 0


@pytest.mark.any_backend  # only the callbacks matter
@pytest.mark.parametrize(
    ("monitor", "arguments"),
    [
        ("val_loss", {"validation_split": 0.2}),
        ("val_accuracy", {"validation_data": (X, Y)}),
        ("val_SparseCategoricalAccuracy", {"validation_data": (X, Y)}),
        ("accuracy", {}),
        ("loss", {}),
    ],
)
def test_names_that_any_model_logs(monitor, arguments):
    model, (x, y) = plain(create_optimizer(PLAN), ["accuracy", "SparseCategoricalAccuracy"])
    callbacks = [PlanGuard(PLAN, allow=["steps-differ"], verbose=0), EarlyStopping(monitor)]
    assert monitor in model.fit(x, y, 8, 2, verbose=0, callbacks=callbacks, **arguments).history


@pytest.mark.any_backend  # only the callbacks matter
def test_names_of_several_outputs():
    inputs = keras.Input((4,))
    outputs = {name: keras.layers.Dense(2, name=name)(inputs) for name in ("a", "b")}
    model = keras.Model(inputs, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(create_optimizer(PLAN), {"a": loss, "b": loss}, metrics={"a": ["accuracy"]})
    callbacks = [PlanGuard(PLAN, verbose=0), EarlyStopping("a_accuracy", mode="max")]
    history = model.fit(X, {"a": Y, "b": Y}, 8, 2, verbose=0, callbacks=callbacks).history
    assert {"a_accuracy", "a_loss", "b_loss"} <= set(history)


def test_a_model_that_logs_its_own_names():
    class Own(keras.Sequential):
        def get_metrics_result(self):
            return {**super().get_metrics_result(), "own": 1.0}

    model = Own([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    evaluation = EpochEvaluation(dev=(X, Y), verbose=0)
    stopping = EarlyStopping("own", mode="max")
    assert "own" in model.fit(X, Y, verbose=0, callbacks=[evaluation, stopping]).history
