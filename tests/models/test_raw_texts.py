"""Raw texts in `fit`, `evaluate` and `predict`: they give the same results as Batches."""

import re

import keras
import numpy as np
import pandas as pd
import pytest

import kbert
from kbert import EpochEvaluation, Examples, InputError, PlanGuard, RunCheckpoint, TrainingPlan

pytestmark = pytest.mark.keras

SEED = 7  # `tiny_model` passes it to keras.utils.set_random_seed


@pytest.fixture(scope="module")
def rows(sentences):
    """Texts sorted by class, and the names of their classes."""
    texts, names = sentences
    return [*texts[:40], *texts[-40:]], [*names[:40], *names[-40:]]


@pytest.fixture(scope="module")
def make(tiny_model):
    def make(**settings):
        model = tiny_model(**settings)
        model.compile(kbert.AdamW(1e-3), metrics=["accuracy"])
        return model

    return make


def ids(names):
    return [int(name == "good") for name in names]


def weights(model):
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


def assert_equal(model, expected):
    for found, right in zip(weights(model), expected, strict=True):
        np.testing.assert_array_equal(found, right)


@pytest.fixture(scope="module")
def trained(make, rows):
    """The weights after two epochs on Batches of the same rows."""
    model = make()
    examples = kbert.read_examples(rows, labels=model.labels)
    plan = TrainingPlan(len(examples), batch_size=16, epochs=2)
    model.fit(model.batches(examples, plan, seed=SEED), epochs=2, verbose=0)
    return weights(model)


FORMS = {
    "lists": lambda texts, names: (texts, names),
    "numbers": lambda texts, names: (texts, ids(names)),
    "tuples": lambda texts, names: (tuple(texts), tuple(names)),
    "arrays": lambda texts, names: (np.array(texts), np.array(ids(names))),
    "bytes": lambda texts, names: (np.array([t.encode() for t in texts], object), np.array(names)),
    "series": lambda texts, names: (pd.Series(texts), pd.Series(names, dtype="category")),
    "a column of labels": lambda texts, names: (texts, np.array(ids(names))[:, None]),
    "tensor of labels": lambda texts, names: (texts, keras.ops.convert_to_tensor(ids(names))),
}


@pytest.mark.any_backend  # how texts are read does not depend on it
@pytest.mark.parametrize("form", FORMS)
def test_texts_in_memory_train_like_batches(form, make, rows, trained):
    model = make()
    model.fit(*FORMS[form](*rows), batch_size=16, epochs=2, verbose=0)
    assert_equal(model, trained)


@pytest.mark.any_backend  # texts become Batches
def test_examples_train_like_batches(make, rows, trained):
    model = make()
    examples = kbert.read_examples(rows, labels=model.labels)
    model.fit(x=examples, batch_size=16, epochs=2, verbose=0)
    assert_equal(model, trained)


@pytest.mark.any_backend  # texts become Batches, as above
def test_the_seed_of_keras_is_used(make, rows, trained):
    model = make()
    keras.utils.set_random_seed(SEED + 1)
    model.fit(*rows, batch_size=16, epochs=2, verbose=0)
    assert not np.array_equal(weights(model)[0], trained[0])


@pytest.mark.any_backend  # texts become Batches, as above
def test_pairs(make, rows):
    texts, names = rows
    seconds = texts[::-1]
    model, other = make(), make()
    examples = kbert.read_examples((texts, seconds, names), labels=model.labels)
    plan = TrainingPlan(len(examples), batch_size=16, epochs=1)
    other.fit(other.batches(examples, plan, seed=SEED), verbose=0)
    model.fit((texts, seconds), names, batch_size=16, verbose=0)
    assert_equal(model, weights(other))
    logits = model.predict((texts, seconds), verbose=0)
    expected = model.predict(model.batches(examples), verbose=0)
    np.testing.assert_allclose(logits, expected, atol=1e-6)
    assert not np.array_equal(logits, model.predict(texts, verbose=0))


@pytest.mark.any_backend  # texts become Batches, as above
def test_without_a_shuffle_the_rows_keep_their_order(make, rows):
    texts, names = rows[0][:16], rows[1][:16]
    model, other = make(all_dropout=0.0), make(all_dropout=0.0)
    examples = kbert.read_examples((rows[0], rows[1]), labels=model.labels).take(np.arange(16))
    other.fit(other.batches(examples, batch_size=4), verbose=0)
    model.fit(texts, names, batch_size=4, shuffle=False, verbose=0)
    assert_equal(model, weights(other))


@pytest.mark.any_backend
def test_sample_weights_match_keras(make, rows):
    texts, names = rows[0][28:52], rows[1][28:52]
    labels, by_row = np.array(ids(names)), np.linspace(0.1, 3, 24).astype(np.float32)
    model, other = make(all_dropout=0.0), make(all_dropout=0.0)
    examples = kbert.read_examples((texts, names), labels=model.labels)
    inputs = model.batches(examples, batch_size=24)[0][0]
    other.fit(inputs, labels, 24, sample_weight=by_row, shuffle=False, verbose=0)
    model.fit(texts, names, 24, sample_weight=by_row, shuffle=False, verbose=0)
    for found, right in zip(weights(model), weights(other), strict=True):
        np.testing.assert_allclose(found, right, atol=2e-5)
    model.set_weights(weights(other))
    expected = other.evaluate(inputs, labels, 24, sample_weight=by_row, verbose=0)
    found = model.evaluate(texts, names, 24, sample_weight=by_row, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.any_backend  # texts become Batches, as above
def test_class_weights_by_name_or_number(make, rows):
    texts, names = rows
    by_class = np.where(np.array(names) == "bad", 3.0, 0.5)
    expected = make()
    expected.fit(texts, names, batch_size=16, sample_weight=by_class, verbose=0)
    for given in ({"bad": 3, "good": 0.5}, {0: 3, 1: 0.5}):
        model = make()
        model.fit(texts, names, batch_size=16, class_weight=given, verbose=0)
        assert_equal(model, weights(expected))
    with pytest.raises(InputError, match="is not one of the 2 known labels"):
        model.fit(texts, names, class_weight={"ugly": 3})


@pytest.mark.any_backend
def test_predictions_have_the_order_of_the_rows(make, rows):
    model = make()
    texts, names = rows
    examples = kbert.read_examples(rows, labels=model.labels)
    expected = model.predict(model.batches(examples, batch_size=8), verbose=0)
    for given in (texts, np.array(texts), examples, (text for text in texts)):
        steps = 10 if hasattr(given, "__next__") else None
        found = model.predict(given, batch_size=8, steps=steps, verbose=0)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    found = model.predict(texts, batch_size=8, steps=2, verbose=0)
    np.testing.assert_allclose(found, expected[:16], atol=1e-6)
    scores = model.evaluate(model.batches(examples), verbose=0, return_dict=True)
    for given in ((texts, names), (examples,)):
        found = model.evaluate(*given, verbose=0, return_dict=True)
        assert found == pytest.approx(scores, rel=1e-5)


@pytest.mark.any_backend  # texts become Batches, as above
def test_validation_data(make, rows):
    texts, names = rows
    train, dev = (texts[::2], names[::2]), (texts[1::2], names[1::2])
    losses = []
    model = make()
    examples = kbert.read_examples(dev, labels=model.labels)
    for given in (dev, (dev[0], ids(dev[1])), examples, model.batches(examples)):
        model = make()
        losses.append(model.fit(*train, validation_data=given, verbose=0).history["val_loss"])
    assert losses == [pytest.approx(losses[0], rel=1e-5)] * 4
    weighted = make().fit(*train, validation_data=(*dev, np.full(40, 2.0)), verbose=0)
    assert weighted.history["val_loss"] == pytest.approx([2 * losses[0][0]], rel=1e-5)
    model = make()
    first = model.fit(*train, 8, validation_data=dev, validation_steps=1, verbose=0)
    expected = model.evaluate(dev[0][:8], dev[1][:8], verbose=0)[0]
    assert first.history["val_loss"] == pytest.approx([expected], rel=1e-5)


@pytest.mark.any_backend  # texts become Batches, as above
def test_callbacks_work_with_raw_texts(make, rows, tmp_path, capsys):
    texts, names = rows
    train, dev = (texts[::2], names[::2]), (texts[1::2], names[1::2])
    plan = TrainingPlan(40, batch_size=8, epochs=4, learning_rate=1e-3)

    def fit(data, sets, folder, stop_after=None, resume=False):
        model = make()
        model.compile(kbert.create_optimizer(plan), metrics=["accuracy"])
        guard = PlanGuard(plan)
        evaluation = EpochEvaluation(dev=sets, val_names=True)
        checkpoint = RunCheckpoint(
            folder, plan, evaluation=evaluation, every_steps=2, resume=resume
        )
        callbacks = [guard, evaluation, checkpoint, *([stop_after] if stop_after else [])]
        model.fit(*data, epochs=4, callbacks=callbacks, verbose=0)
        return weights(model), guard, evaluation

    model = make()
    read = [kbert.read_examples(part, labels=model.labels) for part in (train, dev)]
    batches = model.batches(read[0], plan, seed=SEED)
    expected, *_ = fit((batches,), model.batches(read[1]), tmp_path / "batches")
    for number, sets in enumerate((dev, read[1])):
        found, guard, evaluation = fit(train, sets, tmp_path / f"texts{number}")
        # The batch size is the plan's, so the steps match the plan.
        assert not {finding.code for finding in guard.findings} & {"steps-differ", "rate-zero"}
        assert len(evaluation.evaluations) == 4
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 13:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(train, dev, tmp_path / "killed", Stop())
    found, *_ = fit(train, dev, tmp_path / "killed", resume=True)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.any_backend  # texts become Batches, as above
def test_the_plan_guard_judges_raw_texts(make, rows):
    texts, names = rows
    plan = TrainingPlan(800, batch_size=8, epochs=1)
    guard = PlanGuard(plan)
    make().fit(texts, names, callbacks=[guard], verbose=0)
    assert "steps-differ" in {finding.code for finding in guard.findings}
    with pytest.raises(kbert.FindingsError, match="occur in the training set"):
        make().fit(texts, names, callbacks=[EpochEvaluation(dev=(texts, names))], verbose=0)
    guard = PlanGuard(TrainingPlan(80, batch_size=8, epochs=1), data=(texts, names))
    make().fit(texts, names, callbacks=[guard], verbose=0)


@pytest.mark.any_backend  # texts become Batches, as above
def test_sets_follow_the_model(make, rows):
    texts, names = rows
    evaluation = EpochEvaluation(dev=(texts[1::2], names[1::2]), verbose=0)
    for length in (16, 8):
        model = make(max_length=length)
        model.fit(texts[::2], names[::2], callbacks=[evaluation], verbose=0)
        examples = kbert.read_examples((texts[1::2], names[1::2]), labels=model.labels)
        expected = model.evaluate(model.batches(examples), verbose=0)[0]
        assert evaluation.evaluations[0]["dev"].loss == pytest.approx(expected, rel=1e-5)


REFUSED = {
    "no labels": ((["a film"],), "a label for each text was expected"),
    "none": (([], []), "at least one row was expected"),
    "too few": ((["a", "b"], [0]), "Received: 2 texts, 1 labels"),
    "a number": ((["good film", 3], [0, 1]), "Received at position 1: a number (3)"),
    "missing first": (([None, "good film"], [0, 1]), "Received at position 0: missing (None)"),
    "blank": ((["good film", " "], [0, 1]), "Received at position 1: an empty text"),
    "not UTF-8": (([b"good film", b"caf\xe9"], [0, 1]), "bytes that are not utf-8"),
    "another name": ((["a", "b"], ["bad", "ugly"]), "Row 1: the label 'ugly' is not one of"),
    "another number": ((["a", "b"], [1, 2]), "Received: 2 in row 1"),
    "one-hot": ((["a", "b"], np.eye(2)), "labels.argmax(axis=1)"),
    "rows of pairs": (([("a", "b"), ("c", "d")], [0, 1]), "Cure: (texts, second_texts)"),
}


@pytest.mark.any_backend  # refused before the first step
@pytest.mark.parametrize("case", REFUSED)
def test_unusable_texts_and_labels_are_refused(case, make):
    given, message = REFUSED[case]
    with pytest.raises(InputError, match=re.escape(message)):
        make().fit(*given)


@pytest.mark.any_backend  # texts become Batches, as above
def test_arguments_that_do_not_suit_texts_are_refused(make, rows):
    model = make()
    examples = kbert.read_examples(rows, labels=model.labels)
    with pytest.raises(InputError, match="`validation_split` would take the last rows"):
        model.fit(*rows, validation_split=0.1)
    with pytest.raises(InputError, match="with steps_per_epoch=2 some rows would be seen twice"):
        model.fit(*rows, steps_per_epoch=2)
    with pytest.raises(InputError, match="`y` must be left out: Examples bring their own"):
        model.fit(examples, rows[1])
    with pytest.raises(InputError, match="`sample_weight` must be left out"):
        model.fit(examples, sample_weight=np.ones(80))
    with pytest.raises(InputError, match="has no labels to evaluate against"):
        model.evaluate(Examples(["good film"]))
    with pytest.raises(InputError, match="`batch_size` must be a whole number"):
        model.fit(*rows, batch_size=0)
    other = kbert.read_examples((["a", "b"], ["x", "y"]))
    with pytest.raises(InputError, match="was read with the labels"):
        model.evaluate(other)
    assert model.predict(other, verbose=0).shape == (2, 2)
