import numpy as np
import pytest
from sklearn import metrics

from kbert.results.thresholds import BestThresholds, best_thresholds

TRUE = np.array([[1, 0], [1, 0], [1, 1], [0, 0]])


def test_thresholds_by_hand():
    # Label a: with the first two rows predicted, F1 = 4/5; with three of four, 1.
    shares = np.array([[0.9, 0.2], [0.6, 0.2], [0.3, 0.2], [0.1, 0.2]])
    assert best_thresholds(shares, TRUE) == pytest.approx(((0.3 + 0.1) / 2, 0.1))
    # A label that no row has keeps 0.5.
    assert best_thresholds(shares, np.zeros((4, 2))) == (0.5, 0.5)


@pytest.mark.parametrize("seed", range(10))
def test_no_other_threshold_is_better(seed):
    random = np.random.default_rng(seed)
    true = random.integers(0, 2, (40, 3))
    shares = random.uniform(size=true.shape).round(1)  # of which many are equal
    weights = random.exponential(size=40)
    found = best_thresholds(shares, true, weights)
    for at, limit in enumerate(found):

        def f1(limit, at=at):
            told = shares[:, at] >= limit
            return metrics.f1_score(true[:, at], told, sample_weight=weights, zero_division=0)

        assert f1(limit) == pytest.approx(max(map(f1, np.linspace(0, 1.001, 200))))


def test_prefers_the_best_threshold_nearest_to_one_half():
    shares = np.array([[0.9], [0.8], [0.3], [0.1]])
    assert best_thresholds(shares, [[1], [1], [0], [0]]) == (0.5,)  # not (0.8 + 0.3) / 2
    # With two rows predicted or with four, F1 is 2/3: 0.75 is nearer to 0.5 than 0.05.
    shares = np.array([[0.9], [0.6], [0.5], [0.1]])
    assert best_thresholds(shares, [[1], [0], [0], [1]]) == pytest.approx((0.75,))


def test_scores_with_the_thresholds_by_hand():
    shares = np.array([[0.9, 0.2], [0.6, 0.2], [0.3, 0.2], [0.1, 0.2]])
    best = BestThresholds.from_shares(shares, TRUE)
    # Label a: three of three. Label b: all four rows predicted, of which one has it.
    assert best.macro_f1 == pytest.approx((1 + 2 / 5) / 2)
    assert best.micro_f1 == pytest.approx(2 * 4 / (4 + 7))
    told = best.told(["a", "b"], "dev")
    assert "best F1 on dev: a 0.200, b 0.100. With them, on the same rows: micro F1 0.7273" in told
    assert BestThresholds.from_shares(shares, np.zeros((4, 2))).values == (0.5, 0.5)
