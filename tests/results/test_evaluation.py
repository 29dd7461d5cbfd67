import json
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, log_loss, matthews_corrcoef

from kbert.errors import KbertError
from kbert.results.evaluation import Evaluation, softmax

# Of 5 rows, true against predicted: a-a, a-a, a-b, b-b, c-a.
LOGITS = [[2.0, 1, 0], [9, 0, 0], [0, 1, 0.5], [-1, 0, -1], [3, 2, 1]]
TRUE = [0, 0, 0, 1, 2]


def evaluation():
    return Evaluation.from_logits(np.array(LOGITS), np.array(TRUE), ["a", "b", "c"])


def test_the_scores_by_hand():
    scores = evaluation()
    assert (scores.rows, scores.accuracy) == (5, 3 / 5)
    a, b, c = scores.classes
    assert (a.label, a.precision, a.recall, a.rows) == ("a", 2 / 3, 2 / 3, 3)
    assert (b.label, b.precision, b.recall, b.rows) == ("b", 1 / 2, 1, 1)
    assert (c.label, c.precision, c.recall, c.f1, c.rows) == ("c", 0, 0, 0, 1)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    # The multi-class MCC of Gorodkin: (c s - sum p t) / sqrt((s^2 - sum p^2) (s^2 - sum t^2)).
    predicted, true = [3, 2, 0], [3, 1, 1]
    above = 3 * 5 - sum(p * t for p, t in zip(predicted, true, strict=True))
    below = (25 - sum(p * p for p in predicted)) * (25 - sum(t * t for t in true))
    assert scores.mcc == pytest.approx(above / math.sqrt(below))
    losses = [
        math.log(sum(map(math.exp, row))) - row[t] for row, t in zip(LOGITS, TRUE, strict=True)
    ]
    assert scores.loss == pytest.approx(sum(losses) / 5)


@pytest.mark.parametrize(("true", "accuracy"), [([0, 0], 1), ([0, 1], 0.5)], ids=["one", "both"])
def test_one_class_for_all_rows_has_mcc_0_and_no_warning(true, accuracy):
    scores = Evaluation.from_logits(np.eye(2)[[0, 0]], np.array(true), ["a", "b"])
    assert (scores.accuracy, scores.mcc) == (accuracy, 0)


@pytest.mark.parametrize("seed", range(20))
def test_mcc_matches_scikit_learn(seed):
    random = np.random.default_rng(seed)
    classes = random.integers(2, 40)
    true, predicted = random.integers(0, classes, (2, random.integers(2, 300)))
    predicted = np.where(random.random(len(true)) < 0.5, true, predicted)
    scores = Evaluation.from_predicted(predicted, true, 0.0, [str(n) for n in range(classes)])
    assert scores.mcc == pytest.approx(matthews_corrcoef(true, predicted), rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_weighted_scores_match_scikit_learn(seed):
    random = np.random.default_rng(seed)
    classes = int(random.integers(2, 6))
    logits = random.normal(size=(random.integers(20, 200), classes))
    true = random.integers(0, classes, len(logits))
    weights = random.exponential(size=len(logits)) * random.integers(0, 2, len(logits))
    names = [str(n) for n in range(classes)]
    scores = Evaluation.from_logits(logits, true, names, weights)
    told, ids = logits.argmax(axis=1), list(range(classes))
    assert scores.accuracy == pytest.approx(accuracy_score(true, told, sample_weight=weights))
    assert scores.macro_f1 == pytest.approx(
        f1_score(true, told, average="macro", labels=ids, zero_division=0, sample_weight=weights)
    )
    assert scores.mcc == pytest.approx(matthews_corrcoef(true, told, sample_weight=weights))
    shares = softmax(logits)
    assert scores.loss == pytest.approx(
        log_loss(true, shares, labels=ids, sample_weight=weights), rel=1e-6
    )
    assert scores.rows == sum(score.rows for score in scores.classes) == len(true)


def test_weighted_scores_by_hand():
    # The third row, which is wrong, counts three times, and the last not at all.
    weights = np.array([1.0, 1, 3, 1, 0])
    scores = Evaluation.from_logits(np.array(LOGITS), np.array(TRUE), ["a", "b", "c"], weights)
    assert scores.accuracy == 3 / 6
    assert scores.classes[0].recall == 2 / 5
    assert [score.share for score in scores.classes] == [5 / 6, 1 / 6, 0]
    assert scores.weighted
    assert str(scores).startswith("5 rows, by weight: accuracy 0.5000")
    assert Evaluation.from_dict(scores.to_dict()) == scores
    assert "weighted" not in evaluation().to_dict()


def test_many_classes_need_no_confusion_matrix():
    rows = 6000  # a table of them would be 288 MB
    true = np.arange(rows)
    names = [str(number) for number in true]
    tracemalloc.start()
    scores = Evaluation.from_predicted(np.roll(true, 1), true, 0.0, names)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert scores.mcc == pytest.approx(-1 / (rows - 1))
    assert peak < 20e6


def test_the_losses_of_many_rows():
    logits = np.random.default_rng(0).normal(size=(300, 100_000)).astype(np.float32)
    true = np.arange(300)
    scores = Evaluation.from_logits(logits, true, [str(number) for number in range(100_000)])
    expected = [
        math.log(math.fsum(map(math.exp, row.tolist()))) - float(row[t])
        for row, t in zip(logits[::100], true[::100], strict=True)
    ]
    few = Evaluation.from_logits(logits[::100], true[::100], [str(n) for n in range(100_000)])
    assert few.loss == pytest.approx(np.mean(expected), rel=1e-9)
    parts = [
        Evaluation.from_logits(logits[i : i + 50], true[i : i + 50], ["x"] * 100_000).loss
        for i in range(0, 300, 50)
    ]
    assert scores.loss == pytest.approx(np.mean(parts), rel=1e-12)


def test_large_logits_do_not_overflow():
    scores = Evaluation.from_logits(np.array([[1e4, 0], [0, 1e4]], np.float32), [0, 0], ["a", "b"])
    assert scores.loss == pytest.approx(5000)


@given(st.lists(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3), min_size=1, max_size=9))
@settings(deadline=None)
def test_softmax(rows):
    probabilities = softmax(np.array(rows))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    for row, found in zip(rows, probabilities, strict=True):
        weights = [math.exp(value - max(row)) for value in row]
        np.testing.assert_allclose(found, np.array(weights) / sum(weights))


def test_as_text_and_as_data():
    scores = evaluation()
    lines = str(scores).splitlines()
    assert lines[0] == f"5 rows: {scores.summary()}"
    assert lines[1].split() == ["class", "precision", "recall", "F1", "rows"]
    assert lines[2].split() == ["a", "0.6667", "0.6667", "0.6667", "3"]
    assert len({len(line) for line in lines[1:]}) == 1
    assert scores.summary().startswith("accuracy 0.6000, macro F1 0.4444, MCC ")
    data = json.loads(json.dumps(scores.to_dict()))
    assert data["classes"][1] == {
        **{"label": "b", "precision": 0.5, "recall": 1.0, "f1": 2 / 3, "rows": 1}
    }
    assert list(data) == ["rows", "loss", "accuracy", "macro_f1", "mcc", "classes"]


def test_google_eval_results():
    scores = evaluation()
    assert scores.google_lines(343) == (
        f"eval_accuracy = 0.6\neval_loss = {scores.loss}\nglobal_step = 343\nloss = {scores.loss}\n"
    )


@pytest.mark.parametrize(
    ("label_ids", "message"),
    [
        ([0, -1], r"2 integers from 0 to 2, one per row. Received: \[-1, 0\]"),
        ([0, 3], r"Received: \[0, 3\]"),
        ([0.0, 1.0], r"Received: float64 \(2,\)"),
        ([0, 1, 2], r"Received: int64 \(3,\)"),
        ([[0], [1]], r"Received: int64 \(2, 1\)"),
    ],
)
def test_invalid_label_ids_are_refused(label_ids, message):
    with pytest.raises(KbertError, match=message):
        Evaluation.from_logits(np.eye(3)[:2], np.array(label_ids), ["a", "b", "c"])
    with pytest.raises(KbertError, match=message):
        Evaluation.from_predicted(np.arange(2), np.array(label_ids), 0.5, ["a", "b", "c"])
