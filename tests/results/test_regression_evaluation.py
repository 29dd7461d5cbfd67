import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from kbert.errors import InputError
from kbert.results.regression_evaluation import RegressionEvaluation

TRUE = np.array([[1.0], [2.0], [4.0]])
TOLD = np.array([[1.5], [2.0], [3.0]])


def test_the_scores_by_hand():
    scores = RegressionEvaluation.from_predicted(TOLD, TRUE, ["stars"])
    assert scores.rmse == pytest.approx(math.sqrt((0.25 + 0 + 1) / 3))
    assert scores.mae == pytest.approx((0.5 + 0 + 1) / 3)
    assert scores.spearman == pytest.approx(1)
    # Deviations from the means 7/3 and 13/6: -4/3, -1/3, 5/3 and -2/3, -1/6, 5/6.
    assert scores.pearson == pytest.approx(1)
    assert scores.r2 == pytest.approx(1 - 1.25 / (16 / 9 + 1 / 9 + 25 / 9))
    assert scores.loss == pytest.approx(1.25 / 3)
    scaled = RegressionEvaluation.from_predicted(TOLD, TRUE, ["stars"], scale=[2.0])
    assert scaled.loss == pytest.approx(1.25 / 3 / 4)
    assert scaled.rmse == scores.rmse


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_match_scikit_learn_and_scipy(seed, weighted):
    random = np.random.default_rng(seed)
    true = random.normal(size=(50, 3)) * [1, 10, 0.1] + [0, 100, -5]
    told = true + random.normal(size=true.shape) * [0.5, 20, 0.01]
    weights = random.exponential(size=50) if weighted else None
    scores = RegressionEvaluation.from_predicted(told, true, ["a", "b", "c"], weights=weights)
    assert scores.rmse == pytest.approx(
        metrics.root_mean_squared_error(true, told, sample_weight=weights)
    )
    assert scores.mae == pytest.approx(
        metrics.mean_absolute_error(true, told, sample_weight=weights)
    )
    assert scores.r2 == pytest.approx(metrics.r2_score(true, told, sample_weight=weights))
    for at, column in enumerate(scores.columns):
        if weights is None:
            pearson = stats.pearsonr(true[:, at], told[:, at]).statistic
            spearman = stats.spearmanr(true[:, at], told[:, at]).statistic
        else:
            pearson = np.cov(true[:, at], told[:, at], aweights=weights)
            pearson = pearson[0, 1] / math.sqrt(pearson[0, 0] * pearson[1, 1])
            ranks = [stats.rankdata(values[:, at]) for values in (true, told)]
            spearman = np.cov(*ranks, aweights=weights)
            spearman = spearman[0, 1] / math.sqrt(spearman[0, 0] * spearman[1, 1])
        assert column.pearson == pytest.approx(pearson)
        assert column.spearman == pytest.approx(spearman)


@pytest.mark.parametrize(
    ("true", "told"), [([1, 2, 3], [2, 2, 2]), ([0.1, 0.1, 0.1], [1, 2, 3])], ids=["told", "true"]
)
def test_constant_values_have_correlation_0_and_no_warning(true, told):
    true, told = (np.array(values, float)[:, None] for values in (true, told))
    scores = RegressionEvaluation.from_predicted(told, true, ["a"])
    assert (scores.pearson, scores.spearman) == (0, 0)


def test_as_text_and_as_data():
    both = RegressionEvaluation.from_predicted(
        np.hstack([TOLD, TOLD]), np.hstack([TRUE, TRUE]), ["stars", "price"]
    )
    lines = str(both).splitlines()
    assert lines[0].startswith("3 rows: RMSE 0.6455, MAE 0.5, Pearson 1.0000")
    assert lines[2].split() == ["stars", "0.6455", "0.5", "1.0000", "1.0000", "0.7321"]
    assert RegressionEvaluation.from_dict(both.to_dict()) == both


@pytest.mark.parametrize("targets", [[[1.0]], [[1.0], [2.0], [np.nan]]])
def test_targets_that_do_not_fit_the_rows_are_refused(targets):
    with pytest.raises(InputError, match=r"targets. must be an array \[3, 1\] of numbers"):
        RegressionEvaluation.from_predicted(TOLD, np.array(targets), ["stars"])
