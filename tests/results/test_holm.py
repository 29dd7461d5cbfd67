"""P-values corrected for their number."""

import pytest

from kbert.results.holm import holm


def test_by_hand():
    # In order 0.005 * 4, 0.01 * 3, 0.03 * 2, 0.04 * 1, of which the last may not be below 0.06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_p_values_stay_at_most_1_and_one_test_is_unchanged():
    assert holm([0.6, 0.7]) == (1.0, 1.0)
    assert holm([0.03]) == (0.03,)
    assert holm([]) == ()


def test_equal_p_values_stay_equal():
    assert holm([0.02, 0.02, 0.02]) == pytest.approx((0.06,) * 3)
