import keras
import numpy as np
import pytest

from kbert.callbacks.evaluated_sets import EvaluatedSets
from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.results.evaluation_record import EvaluationRecord
from kbert.targets.labels import Labels

pytestmark = pytest.mark.keras

X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
SETS = {"dev": (X, np.arange(20) % 3), "test": (X[:9], np.arange(9) % 3)}


def model_of(width):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(width, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_sets_of_both_kinds_are_evaluated_in_order():
    sets, model = EvaluatedSets({"dev": SETS["dev"]}, {"test": SETS["test"]}), model_of(3)
    assert [len(inputs) for inputs in sets.inputs.values()] == [20, 9]
    assert not sets.are_judged
    sets.judge(model)
    assert sets.are_judged
    scores, outputs = sets.evaluate(model)
    assert {name: rows.shape for name, rows in outputs.items()} == {"dev": (20, 3), "test": (9, 3)}
    assert [(name, evaluation.rows) for name, evaluation in scores.items()] == [
        ("dev", 20),
        ("test", 9),
    ]
    assert sets.accuracy_note(model) is None


def test_invalid_sets_are_refused():
    for sets, named in ((SETS, {"dev": SETS["dev"]}), ([SETS["dev"]], {})):
        with pytest.raises(InputError, match="must be a dict of sets, none of them also named as"):
            EvaluatedSets(sets, named)
    for nothing in (None, {}):
        with pytest.raises(InputError, match="Name at least one set"):
            EvaluatedSets(nothing, {})
    with pytest.raises(InputError, match="A set may not be named 'val'"):
        EvaluatedSets(None, {"val": SETS["dev"]})


def test_a_model_that_cannot_be_scored_is_refused():
    sets = EvaluatedSets(SETS, {})
    with pytest.raises(InputError, match="'dev' must be whole numbers from 0 to 1"):
        sets.judge(model_of(2))
    assert not sets.are_judged


def test_earlier_evaluations_must_cover_these_sets():
    sets, model = EvaluatedSets(SETS, {}), model_of(3)
    sets.judge(model)
    scores, _ = sets.evaluate(model)
    earlier = [EvaluationRecord(1, 5, scores, batch=5), EvaluationRecord(1, 9, scores)]
    assert sets.records(earlier) == earlier
    [inside, end] = EvaluatedSets({"test": SETS["test"]}, {}).records(earlier)
    assert (inside.when, end.when) == ("epoch 1, batch 5", "epoch 1")
    assert inside.scores == {"test": scores["test"]}
    with pytest.raises(InputError, match="The evaluation of epoch 1, batch 5 lacks the sets other"):
        EvaluatedSets(SETS, {"other": SETS["dev"]}).records(earlier)


def test_examples_need_a_model_that_reads_texts():
    examples = Examples(["a", "b"], label_ids=np.array([0, 1]), labels=Labels(("x", "y")))
    sets = EvaluatedSets({"dev": examples}, {})
    assert sets.inputs == {}
    with pytest.raises(
        InputError, match=r"Received: Examples. Cure: .*dev=model.batches\(examples"
    ):
        sets.judge(model_of(2))
