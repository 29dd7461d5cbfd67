"""Whether two settings differ by more than their seeds do."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from kbert.results.paired_seeds import PairedSeeds

FIRST = dict(enumerate([0.80, 0.82, 0.79, 0.85, 0.81, 0.83, 0.80]))
SECOND = dict(enumerate([0.83, 0.81, 0.84, 0.86, 0.85, 0.83, 0.82]))


def test_matches_the_paired_t_test_of_scipy():
    found = PairedSeeds.of(FIRST, SECOND)
    expected = stats.ttest_rel(list(SECOND.values()), list(FIRST.values()))
    assert (found.t, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    interval = expected.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx((interval.low, interval.high))
    assert found.mean == pytest.approx(np.mean([SECOND[s] - FIRST[s] for s in FIRST]))
    assert found.untested is None


def test_the_sign_test_ignores_ties():
    found = PairedSeeds.of(FIRST, SECOND)
    assert (found.higher, found.lower) == (5, 1)
    assert found.sign_p == pytest.approx(stats.binomtest(5, 6).pvalue)
    assert found.sign_p == pytest.approx(2 * (6 + 1) / 2**6)  # by hand: 5 or 6 of 6, both sides


def test_by_hand():
    found = PairedSeeds.of({1: 1.0, 2: 1.0, 3: 1.0}, {1: 2.0, 2: 3.0, 3: 4.0})
    # Differences 1, 2, 3: mean 2, deviation 1, so that t is 2 / (1 / sqrt(3)).
    assert (found.t, found.mean) == pytest.approx((2 * sqrt(3), 2.0))
    # With 2 degrees of freedom, p is 1 - t / sqrt(t^2 + 2), and the 97.5% point is 4.302653.
    assert found.p == pytest.approx(1 - found.t / sqrt(found.t**2 + 2))
    assert found.interval.high == pytest.approx(2 + 4.302653 / sqrt(3), abs=1e-6)


def test_only_shared_seeds_are_paired():
    found = PairedSeeds.of({1: 0.5, 2: 0.6, 9: 0.1}, {2: 0.7, 1: 0.8, 4: 0.9})
    assert found.seeds == (1, 2)
    assert found.differences == pytest.approx((0.3, 0.1))


@pytest.mark.parametrize("seeds", [(), (3,)])
def test_fewer_than_two_shared_seeds(seeds):
    found = PairedSeeds.of({0: 0.5, **dict.fromkeys(seeds, 0.5)}, dict.fromkeys(seeds, 0.6))
    assert found.t is found.p is found.interval is None
    assert str(found.untested).endswith(f"in common; found {len(seeds)}.")
    assert found.mean == (pytest.approx(0.1) if seeds else None)


# 0.85 - 0.80 and 0.65 - 0.60 are different floats.
@pytest.mark.parametrize("second", [{1: 0.85, 2: 0.65}, {1: 0.80, 2: 0.60}])
def test_identical_differences_have_no_t(second):
    found = PairedSeeds.of({1: 0.80, 2: 0.60}, second)
    assert found.t is found.p is None
    assert "the same with every seed" in str(found.untested)
    assert found.sign_p == (0.5 if second[1] > 0.80 else 1.0)
