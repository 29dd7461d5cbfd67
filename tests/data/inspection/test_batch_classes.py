from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.data.epoch_order import given_order
from kbert.data.inspection.batch_classes import class_counts, classes_per_batch, single_class_share


@given(st.lists(st.integers(0, 4), min_size=1, max_size=50), st.integers(1, 12))
def test_the_rows_of_each_class_are_counted(labels, size):
    counts = class_counts(np.array(labels), given_order(len(labels), size), 6)
    assert counts.shape == (-(-len(labels) // size), 6)
    for batch, row in enumerate(counts):
        held = Counter(labels[batch * size : (batch + 1) * size])
        assert row.tolist() == [held[number] for number in range(6)]


def drawn(shares, size):
    """Every batch of so many rows drawn from classes of these shares, and its probability."""
    for batch in product(range(len(shares)), repeat=size):
        yield batch, np.prod([shares[number] for number in batch])


@pytest.mark.parametrize(
    ("counts", "single", "classes"),
    [
        ([[3, 0], [0, 3], [2, 1], [1, 2]], 1 / 2, 6 / 4),
        ([[4, 0, 0], [0, 2, 0]], 1, 1),
        ([[1, 1, 2], [0, 3, 1], [4, 0, 0]], 1 / 3, 2),
    ],
    ids=["half", "of two sizes", "three classes"],
)
def test_batches_beside_those_of_chance(counts, single, classes):
    counts = np.array(counts)
    shares = counts.sum(axis=0) / counts.sum()
    by_chance = [list(drawn(shares, size)) for size in counts.sum(axis=1)]
    expected = [sum(p for batch, p in draws if len(set(batch)) == 1) for draws in by_chance]
    assert single_class_share(counts) == pytest.approx((single, np.mean(expected)))
    expected = [sum(p * len(set(batch)) for batch, p in draws) for draws in by_chance]
    assert classes_per_batch(counts) == pytest.approx((classes, np.mean(expected)))


def test_a_batch_of_one_row_says_nothing_about_the_order():
    assert single_class_share(np.array([[1, 0], [0, 1]])) == (0, 0)
    assert single_class_share(np.array([[1, 1], [1, 1], [1, 0]])) == (0, 1 / 2)
