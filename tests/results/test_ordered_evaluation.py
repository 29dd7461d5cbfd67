import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from kbert.results.evaluation import Evaluation
from kbert.results.ordered_evaluation import OrderedEvaluation
from kbert.results.scores import is_better_lower, scores_from_dict

NAMES = ("1", "2", "3", "4")
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 5)), min_size=2)


@given(rows=ROWS, weighted=st.booleans())
def test_scores_match_scikit_learn(rows, weighted):
    true, told, weights = map(np.array, zip(*rows, strict=True))
    by = weights if weighted else None
    found = OrderedEvaluation.from_predicted(told, true, 0.5, NAMES, by)
    assert found.mae == pytest.approx(mean_absolute_error(true, told, sample_weight=by))
    if len({*true, *told}) > 1:  # scikit-learn has no value for one class
        labels = range(4)
        expected = cohen_kappa_score(
            true, told, labels=labels, weights="quadratic", sample_weight=by
        )
        assert found.kappa == pytest.approx(expected)
    else:
        assert found.kappa == 0
    own = Evaluation.from_predicted(told, true, 0.5, NAMES, by)
    assert (found.accuracy, found.mcc, found.classes) == (own.accuracy, own.mcc, own.classes)


def test_by_hand():
    found = OrderedEvaluation.from_predicted(np.array([0, 1, 2]), np.array([0, 2, 2]), 0.5, NAMES)
    # One of three is one class away. True: mean 4/3, variance 8/9; predicted: mean 1, variance 2/3.
    assert found.mae == pytest.approx(1 / 3)
    assert found.kappa == pytest.approx(1 - (1 / 3) / (8 / 9 + 2 / 3 + 1 / 9))
    assert found.summary().startswith("kappa 0.8000, MAE 0.3333 classes, accuracy 0.6667")


def test_as_data():
    found = OrderedEvaluation.from_logits(np.eye(4), np.array([0, 1, 1, 3]), NAMES)
    again = scores_from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    assert isinstance(again, OrderedEvaluation)


def test_what_decides_which_epoch_is_best():
    assert OrderedEvaluation.monitors[:2] == ("kappa", "mae")
    assert [is_better_lower(name) for name in ("kappa", "mae")] == [False, True]
