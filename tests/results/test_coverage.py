"""How many rows a threshold leaves, by hand."""

import numpy as np
import pytest

from kbert.results.coverage import coverage, coverage_table

SHARES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
TRUE = [0, 1, 1, 0]


def test_by_hand():
    found = coverage(SHARES, TRUE, (0.5, 0.7, 0.8, 0.95))
    assert [one.rows for one in found] == [4, 3, 2, 0]  # 0.7 itself is answered
    assert [one.coverage for one in found] == [1, 0.75, 0.5, 0]
    assert [one.accuracy for one in found] == [0.5, pytest.approx(2 / 3), 1, None]


def test_rows_count_by_their_weights():
    (one,) = coverage(SHARES, TRUE, (0.7,), weights=np.array([1, 1, 2, 4]))
    assert (one.coverage, one.accuracy) == (6 / 8, pytest.approx(2 / 6))


def test_the_table():
    first, _, last = coverage_table(coverage(SHARES, TRUE, (0.7, 0.95))).splitlines()
    assert first.split() == ["threshold", "coverage", "accuracy", "rows"]
    assert last.split() == ["0.95", "0.0000", "0"]
