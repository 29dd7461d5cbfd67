import keras
import numpy as np
import pytest

from kbert import (
    AdamW,
    EpochEvaluation,
    InputError,
    MovingAverage,
    RunCheckpoint,
    TrainingPlan,
    create_optimizer,
)
from kbert.config import TechniqueOptions

pytestmark = pytest.mark.keras

LABELS = np.arange(12) % 3
MOMENTUM = 0.3


def by_numpy(weights, momentum):
    """The average after each update, from the weights after each update."""
    average, averages = np.zeros_like(weights[0]), []
    for t, after in enumerate(weights):
        m = min(momentum, t / (t + 9))
        average = m * average + (1 - m) * after
        averages.append(average)
    return averages


class Seen(keras.callbacks.Callback):
    """Keeps the weights after each batch."""

    def __init__(self):
        super().__init__()
        self.weights = []

    def on_train_batch_end(self, batch, logs=None):
        self.weights.append(self.model.get_weights()[0])


def table_model(**arguments):
    """A plain Keras model: the logits of row i are row i of a table."""
    keras.utils.set_random_seed(0)
    table = keras.layers.Embedding(12, 3, name="table")
    model = keras.Sequential([keras.Input((), dtype="int32"), table], name="model")
    settings = MovingAverage(MOMENTUM).settings_of_optimizer()
    optimizer = AdamW(0.1, weight_decay=0.0, **settings, **arguments)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def fit(model, *callbacks, epochs=2, **arguments):
    model.fit(
        np.arange(12),
        LABELS,
        batch_size=2,
        epochs=epochs,
        verbose=0,
        shuffle=False,
        callbacks=list(callbacks),
        **arguments,
    )


class Probe(EpochEvaluation):
    """Keeps the weights that were evaluated."""

    def __init__(self, **arguments):
        super().__init__(dev=(np.arange(12), LABELS), verbose=0, **arguments)
        self.evaluated = []
        evaluate = self._sets.evaluate
        self._sets.evaluate = lambda model: (
            self.evaluated.append(model.get_weights()[0]) or evaluate(model)
        )


def test_the_average_is_evaluated_and_kept_but_not_trained():
    model, seen, probe = table_model(), Seen(), Probe(monitor="loss")
    fit(model, seen, probe)
    plain = table_model()
    plain.compile(AdamW(0.1, weight_decay=0.0), plain.loss)
    alone = Seen()
    fit(plain, alone)
    np.testing.assert_array_equal(seen.weights, alone.weights)
    averages = by_numpy(seen.weights, MOMENTUM)
    assert len(averages) == 12
    np.testing.assert_allclose(probe.evaluated, [averages[5], averages[11]], atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[0], averages[11], atol=1e-6)
    assert probe.best_epoch == 1


def test_batches_of_an_update_count_once():
    model, seen = table_model(gradient_accumulation_steps=3), Seen()
    fit(model, seen)
    averages = by_numpy(seen.weights[2::3], MOMENTUM)
    assert len(averages) == 4
    np.testing.assert_allclose(model.get_weights()[0], averages[-1], atol=1e-6)


def test_before_the_first_update_the_average_equals_the_weights():
    model, probe = table_model(gradient_accumulation_steps=12), Probe()
    before = model.get_weights()[0]
    fit(model, probe, epochs=1)
    np.testing.assert_array_equal(probe.evaluated[0], before)
    np.testing.assert_array_equal(model.get_weights()[0], before)


def test_a_checkpoint_resumes_weights_and_average(tmp_path):
    whole, seen = table_model(), Seen()
    fit(whole, seen, epochs=3)
    probe = Probe(restore_best=False)
    fit(table_model(), probe, RunCheckpoint(tmp_path, evaluation=probe), epochs=2)
    again, rest, probe = table_model(), Seen(), Probe(restore_best=False)
    checkpoint = RunCheckpoint(tmp_path, evaluation=probe, resume=True)
    fit(again, rest, probe, checkpoint, epochs=3)
    np.testing.assert_array_equal(rest.weights, seen.weights[12:])
    np.testing.assert_array_equal(again.get_weights()[0], whole.get_weights()[0])


@pytest.mark.parametrize("other", [EpochEvaluation, RunCheckpoint])
def test_a_callback_that_leaves_averages_in_the_model_is_refused(other, tmp_path):
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    callback = Probe() if other is EpochEvaluation else RunCheckpoint(tmp_path)
    with pytest.raises(InputError, match="which kbert's callbacks do themselves"):
        fit(table_model(), callback, swap)


def test_keras_swaps_in_averages_for_validation_data():
    model, seen = table_model(), Seen()
    data = np.arange(12), LABELS
    history = keras.callbacks.History()
    swap = keras.callbacks.SwapEMAWeights()
    fit(model, seen, swap, history, epochs=1, validation_data=data)
    logits = by_numpy(seen.weights, MOMENTUM)[-1]
    expected = -np.log(np.exp(logits)[np.arange(12), LABELS] / np.exp(logits).sum(axis=1)).mean()
    assert history.history["val_loss"] == [pytest.approx(expected, abs=1e-6)]


def test_an_optimizer_of_a_plan_has_a_moving_average():
    plan = TrainingPlan(examples=40, batch_size=4, epochs=2)
    optimizer = create_optimizer(plan, moving_average=MovingAverage(0.999))
    again = type(optimizer).from_config(optimizer.get_config())
    assert (again.use_ema, again.ema_momentum) == (True, 0.999)
    assert not create_optimizer(plan).use_ema


@pytest.mark.parametrize("momentum", [0, 1, -0.5, float("nan")])
def test_a_momentum_out_of_range_is_refused(momentum):
    with pytest.raises(InputError, match="must be above 0 and below 1. Received: "):
        MovingAverage(momentum)


@pytest.mark.parametrize("momentum", [1, -0.5, float("nan")])
def test_a_setting_out_of_range_is_refused(momentum):
    with pytest.raises(InputError, match="must be at least 0 and below 1. Received: "):
        TechniqueOptions(moving_average=momentum)
