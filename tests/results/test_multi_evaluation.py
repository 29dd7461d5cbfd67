import math

import numpy as np
import pytest
from sklearn import metrics

from kbert.errors import InputError
from kbert.results.multi_evaluation import MultiEvaluation, sigmoid

# Probabilities above 1/2 where the logit is positive: of 4 rows and 2 labels.
LOGITS = np.array([[2.0, -1], [1, 1], [-1, -2], [-3, 3]])
TRUE = np.array([[1, 0], [1, 0], [1, 1], [0, 0]])


def test_the_scores_by_hand():
    scores = MultiEvaluation.from_logits(LOGITS, TRUE, ["a", "b"])
    a, b = scores.classes
    # a: predicted in rows 1 and 2, true in 1 to 3; b: predicted in 2 and 4, true in 3.
    assert (a.precision, a.recall, a.f1, a.rows) == (1, 2 / 3, 4 / 5, 3)
    assert (b.precision, b.recall, b.f1, b.rows) == (0, 0, 0, 1)
    assert scores.micro_f1 == pytest.approx(2 * 2 / (4 + 4))
    assert scores.macro_f1 == pytest.approx((4 / 5 + 0) / 2)
    # Rows: 1 of 1; 1 of 1 and one too many; none of 2; none, and one too many.
    assert scores.sample_f1 == pytest.approx((1 + 2 / 3 + 0 + 0) / 4)
    assert scores.subset_accuracy == 1 / 4
    losses = [
        math.log(1 + math.exp(-logit if true else logit))
        for row, labels in zip(LOGITS, TRUE, strict=True)
        for logit, true in zip(row, labels, strict=True)
    ]
    assert scores.loss == pytest.approx(sum(losses) / 8)


def test_an_empty_prediction_for_a_row_without_labels_is_right():
    scores = MultiEvaluation.from_logits(np.full((2, 3), -1.0), np.zeros((2, 3)), ["a", "b", "c"])
    assert (scores.sample_f1, scores.subset_accuracy, scores.micro_f1) == (1, 1, 0)
    assert math.isnan(scores.average_precision)
    assert math.isnan(scores.roc_auc)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("labels", [1, 2, 5])
def test_scores_match_scikit_learn(seed, weighted, labels):
    random = np.random.default_rng(seed)
    true = random.integers(0, 2, (60, labels))
    logits = random.normal(size=true.shape) + true
    weights = random.exponential(size=60) if weighted else None
    limits = random.uniform(0.2, 0.8, labels)
    names = [str(at) for at in range(labels)]
    scores = MultiEvaluation.from_logits(logits, true, names, limits, weights)
    told = (sigmoid(logits) >= limits).astype(int)
    if labels > 1:  # scikit-learn turns one column into two classes
        for average in ("micro", "macro"):
            expected = metrics.f1_score(true, told, average=average, sample_weight=weights)
            assert getattr(scores, f"{average}_f1") == pytest.approx(expected)
        some = (true.sum(axis=1) + told.sum(axis=1)) > 0
        of_some = metrics.f1_score(true[some], told[some], average="samples", zero_division=0)
        if weights is None:
            assert scores.sample_f1 == pytest.approx(
                (of_some * some.sum() + (~some).sum()) / len(some)
            )
    assert scores.average_precision == pytest.approx(
        metrics.average_precision_score(true, logits, sample_weight=weights)
    )
    assert scores.roc_auc == pytest.approx(
        metrics.roc_auc_score(true, logits, sample_weight=weights)
    )
    assert scores.subset_accuracy == pytest.approx(
        metrics.accuracy_score(true, told, sample_weight=weights)
    )
    assert scores.loss == pytest.approx(
        np.mean(
            [
                metrics.log_loss(true[:, at], sigmoid(logits)[:, at], sample_weight=weights)
                for at in range(labels)
            ]
        )
    )


def test_as_text_and_as_data():
    scores = MultiEvaluation.from_logits(LOGITS, TRUE, ["a", "b"], [0.5, 0.25])
    lines = str(scores).splitlines()
    assert lines[0].startswith("4 rows: micro F1 0.4444, macro F1 0.4000")
    assert lines[2].split() == ["a", "1.0000", "0.6667", "0.8000", "3", "0.5000"]
    assert lines[3].split()[-1] == "0.2500"
    assert MultiEvaluation.from_dict(scores.to_dict()) == scores


@pytest.mark.parametrize("targets", [TRUE[:2], TRUE * 2, TRUE[:, :1]])
def test_targets_that_do_not_fit_the_rows_are_refused(targets):
    with pytest.raises(InputError, match=r"targets. must be an array \[4, 2\] of 0 and 1"):
        MultiEvaluation.from_logits(LOGITS, targets, ["a", "b"])
