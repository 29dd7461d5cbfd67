"""Bootstrap intervals over samples of the rows."""

import numpy as np
import pytest
from scipy import stats

from kbert.results.bootstrap import Interval, bootstrap, bootstrap_scores


def test_matches_the_percentile_interval_of_scipy():
    right = np.random.default_rng(1).random(400) < 0.8
    found = bootstrap(lambda at: right[at].mean(), len(right))
    expected = stats.bootstrap(
        (right.astype(float),), np.mean, method="percentile", n_resamples=5000, rng=0
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.006)


def test_a_seed_gives_the_same_interval():
    values = np.arange(50.0)
    intervals = [bootstrap(lambda at: values[at].mean(), 50, seed=seed) for seed in (3, 3, 4)]
    assert intervals[0] == intervals[1] != intervals[2]


def test_samples_without_a_score_do_not_count():
    values = np.array([np.nan, *range(20)])
    interval = bootstrap(lambda at: values[at].mean(), len(values))
    assert 0 < interval.low < interval.high < 20
    assert str(interval) == f"{interval.low:.4f} to {interval.high:.4f}"


def test_two_scores_use_the_same_samples():
    values = np.random.default_rng(2).normal(size=60)
    one, two = (bootstrap_scores(lambda at, k=k: k * values[at].sum(), 60) for k in (1, 2))
    assert np.allclose(two, 2 * one)
    assert Interval.of(two - 2 * one).high == pytest.approx(0)
