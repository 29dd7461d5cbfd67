"""Streams of texts, on which `fit` trains in their own order."""

import itertools

import keras
import numpy as np
import pytest

import kbert
from kbert import InputError, PlanGuard, RunCheckpoint, TrainingPlan

pytestmark = pytest.mark.keras

PLAN = TrainingPlan(24, batch_size=4, epochs=3, learning_rate=1e-3)


@pytest.fixture(scope="module")
def rows(sentences):
    """Texts of both classes, alternating."""
    texts, names = sentences
    mixed = [row for pair in zip(range(15), range(-15, 0), strict=True) for row in pair]
    return [texts[row] for row in mixed], [names[row] for row in mixed]


def batches(rows):
    """Yield batches of 4 forever; 30 rows are not a whole number of them."""
    numbers = itertools.cycle(range(len(rows[0])))
    while True:
        taken = list(itertools.islice(numbers, 4))
        yield [rows[0][row] for row in taken], [rows[1][row] for row in taken]


@pytest.fixture(scope="module")
def fit(tiny_model):
    """A function that trains a model on a stream and returns its weights."""

    def fit(data, callbacks=(), **settings):
        model = tiny_model()
        model.compile(kbert.create_optimizer(PLAN), metrics=["accuracy"])
        settings = {"steps_per_epoch": 6, "epochs": 3, **settings}
        model.fit(data, callbacks=[PlanGuard(PLAN, verbose=0), *callbacks], verbose=0, **settings)
        return [keras.ops.convert_to_numpy(weight) for weight in model.weights]

    return fit


@pytest.fixture(scope="module")
def trained(fit, rows):
    return fit(batches(rows))


def assert_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_stream_is_trained_in_its_own_order(fit, rows, trained, tiny_model):
    model = tiny_model()
    model.compile(kbert.create_optimizer(PLAN))
    order = np.arange(72) % 30
    examples = kbert.read_examples(rows, labels=model.labels).take(order)
    guard = PlanGuard(TrainingPlan(72, batch_size=4, epochs=1), allow=["duplicates"], verbose=0)
    model.fit(model.batches(examples, batch_size=4), callbacks=[guard], verbose=0)
    for found, right in zip(trained, model.weights, strict=True):
        # Batches may be padded to different widths.
        np.testing.assert_allclose(found, keras.ops.convert_to_numpy(right), atol=2e-4)


@pytest.mark.any_backend  # only the input matters
def test_single_rows_are_joined_into_batches(fit, rows, trained):
    found = fit(itertools.cycle(zip(*rows, strict=True)), batch_size=4)
    assert_equal(found, trained)
    assert_equal(fit(itertools.cycle(zip(*rows, strict=True))), trained)  # the plan's batch size


def test_an_endless_tf_data_set(fit, rows, trained):
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices(rows).repeat().batch(4)
    assert_equal(fit(data), trained)


@pytest.mark.any_backend  # runs/test_resume_exactly.py resumes on each
def test_a_stream_resumes_at_the_end_of_an_epoch(fit, rows, trained, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.model.optimizer.iterations == 14:
                raise KeyboardInterrupt

    checkpoint = RunCheckpoint(tmp_path / "checkpoints", PLAN)
    with pytest.raises(KeyboardInterrupt):
        fit(batches(rows), [checkpoint, Stop()])
    checkpoint = RunCheckpoint(tmp_path / "checkpoints", PLAN, resume=True)
    assert_equal(fit(batches(rows), [checkpoint]), trained)
    inside = RunCheckpoint(tmp_path / "others", PLAN, every_steps=2)
    with pytest.raises(InputError, match="Checkpoints inside an epoch need Batches"):
        fit(batches(rows), [inside])


@pytest.mark.any_backend  # only the input matters
def test_unknown_order_and_single_classes_are_reported(fit, rows, tiny_model, capsys, sentences):
    guard = PlanGuard(PLAN, verbose=0)
    fit(batches(rows), [guard])
    assert [f.code for f in guard.findings if f.code == "order-unknown"] == ["order-unknown"]
    guard = PlanGuard(PLAN, verbose=0)
    fit(batches(sentences), [guard])
    assert "single-class-batches" in {finding.code for finding in guard.findings}
    model = tiny_model()
    model.compile("sgd")
    model.fit(batches(rows), steps_per_epoch=1, verbose=0)
    assert "order-unknown: The generator has no known end" in "".join(capsys.readouterr())


@pytest.mark.any_backend  # only the input matters
def test_class_weights(fit, rows, trained):
    double = fit(batches(rows), class_weight={"bad": 1, "good": 1})
    assert_equal(double, trained)
    other = fit(batches(rows), class_weight={"bad": 9})
    assert np.abs(other[-1] - trained[-1]).max() > 0
    with pytest.raises(InputError, match="how many rows a class has is not known"):
        fit(batches(rows), class_weight="balanced")


@pytest.mark.any_backend  # only the input matters
def test_unusable_streams_are_refused(fit, rows):
    with pytest.raises(InputError, match="`steps_per_epoch` must say how much of it to read"):
        fit(batches(rows), steps_per_epoch=None)
    with pytest.raises(InputError, match="ended after 8 batches, but each epoch has 6"):
        fit(itertools.islice(batches(rows), 8))

    def broken():
        yield from itertools.islice(batches(rows), 8)
        yield ["a good film", 3], ["good", "bad"]

    with pytest.raises(InputError, match=r"Received at position 1: a number \(3\)"):
        fit(broken())
