import numpy as np
import pytest

from kbert.results.evaluation import Evaluation
from kbert.results.fold_scores import FoldScore, fold_scores, scores_table, scores_to_dict


def test_mean_and_deviation_by_hand():
    found = FoldScore.of([0.5, 0.6, 0.8])
    assert found.mean == pytest.approx(19 / 30)
    # The squares of -4/30, -1/30 and 5/30 are 42/900 together; over k - 1 = 2, 21/900.
    assert found.deviation == pytest.approx((21 / 900) ** 0.5)


def test_every_score_of_every_set():
    logits = np.array([[2.0, 0], [0, 2], [0, 2], [2, 0]])
    first = Evaluation.from_logits(logits, np.array([0, 1, 1, 0]), ("a", "b"))
    second = Evaluation.from_logits(logits, np.array([0, 1, 0, 1]), ("a", "b"))
    scores = fold_scores({"dev": [first, second]})
    assert scores["dev"]["accuracy"].folds == (1.0, 0.5)
    assert scores["dev"]["mcc"].mean == 0.5
    assert scores_to_dict(scores)["dev"]["accuracy"]["mean"] == 0.75
    line = scores_table(scores).splitlines()[1]
    assert line.split() == ["accuracy", "0.7500", "0.3536", "1.0000", "0.5000"]
