from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.data.epoch_order import given_order
from kbert.data.inspection.batch_classes import (
    BatchClasses,
    classes_per_batch,
    single_class_share,
)


def of_table(counts):
    """Batches with these numbers of rows of each class."""
    counts = np.array(counts)
    batches = [np.repeat(np.arange(counts.shape[1]), row) for row in counts]
    return BatchClasses.from_labels(batches, counts.shape[1])


@given(st.lists(st.integers(0, 4), min_size=1, max_size=50), st.integers(1, 12))
def test_the_rows_of_each_class_are_counted(labels, size):
    batches = [np.array(labels)[rows] for rows in given_order(len(labels), size)]
    found = BatchClasses.from_labels(iter(batches), 6)
    table = found.table()
    assert table.shape == (-(-len(labels) // size), 6)
    assert len(found) == len(batches)
    for batch, row in enumerate(table):
        held = Counter(labels[batch * size : (batch + 1) * size])
        assert row.tolist() == [held[number] for number in range(6)]
    assert found.sizes.tolist() == table.sum(axis=1).tolist()
    assert found.totals.tolist() == table.sum(axis=0).tolist()
    assert found.present.tolist() == (table > 0).sum(axis=1).tolist()
    differences = np.abs(table / table.sum(axis=1, keepdims=True) - table.sum(axis=0) / len(labels))
    assert found.distances() == pytest.approx(0.5 * differences.sum(axis=1))


def test_no_batches():
    found = BatchClasses.from_labels([], 3)
    assert (len(found), found.totals.tolist(), found.table().shape) == (0, [0, 0, 0], (0, 3))
    assert single_class_share(found) == (0, 0)


def test_storage_does_not_grow_with_the_number_of_classes():
    labels = np.random.default_rng(0).integers(0, 10**6, (1000, 32))
    found = BatchClasses.from_labels(labels, 10**6)
    assert len(found.counts) <= labels.size
    assert found.present.tolist() == [len(set(batch)) for batch in labels.tolist()]


def drawn(shares, size):
    """Every batch of `size` rows drawn from classes with these shares, and its probability."""
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
def test_batches_are_compared_with_chance(counts, single, classes):
    counts = np.array(counts)
    shares = counts.sum(axis=0) / counts.sum()
    by_chance = [list(drawn(shares, size)) for size in counts.sum(axis=1)]
    expected = [sum(p for batch, p in draws if len(set(batch)) == 1) for draws in by_chance]
    assert single_class_share(of_table(counts)) == pytest.approx((single, np.mean(expected)))
    rows = np.repeat(np.arange(counts.shape[1]), counts.sum(axis=0))
    expected = [
        np.mean([len(set(batch)) for batch in combinations(rows.tolist(), size)])
        for size in counts.sum(axis=1)
    ]
    assert classes_per_batch(of_table(counts)) == pytest.approx((classes, np.mean(expected)))


def test_one_batch_of_all_rows_has_all_classes():
    assert classes_per_batch(of_table([[1, 30, 2]])) == pytest.approx((3, 3))


def test_a_batch_of_one_row_says_nothing_about_the_order():
    assert single_class_share(of_table([[1, 0], [0, 1]])) == (0, 0)
    assert single_class_share(of_table([[1, 1], [1, 1], [1, 0]])) == (0, 1 / 2)
