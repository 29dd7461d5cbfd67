"""Whether two models differ by more than chance."""

from math import comb

import numpy as np
import pytest

from kbert.results.paired import McNemar, told_p


def rights(first, second, both=10, neither=4):
    """Return which rows two models have right; `first` and `second` of them only one has."""
    one = [True] * first + [False] * second + [True] * both + [False] * neither
    other = [False] * first + [True] * second + [True] * both + [False] * neither
    return np.array(one), np.array(other)


@pytest.mark.parametrize(("first", "second"), [(8, 1), (1, 8), (3, 3), (12, 5)])
def test_matches_the_binomial_distribution(first, second):
    total, fewer = first + second, min(first, second)
    tail = sum(comb(total, k) for k in range(fewer + 1)) / 2**total
    found = McNemar.of(*rights(first, second))
    assert (found.first, found.second) == (first, second)
    assert found.p == pytest.approx(min(1.0, 2 * tail))


def test_models_that_agree_do_not_differ():
    assert McNemar.of(*rights(0, 0)) == McNemar(0, 0, 1.0)


def test_p_values_are_formatted_for_display():
    assert [told_p(p) for p in (0.04, 1.0, 9e-5, None)] == ["0.0400", "1.0000", "< 0.0001", ""]
