import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.data.epoch_order import pool_of
from kbert.data.keyed_permutation import KeyedPermutation
from kbert.data.pooled_batches import PooledBatches
from kbert.data.rows_left import RowsLeft


def batches(rows, size, *, lengths=None, drop=False):
    left = RowsLeft(KeyedPermutation(rows, np.random.PCG64(7)))
    return PooledBatches(left, size, 11, lengths=lengths, drop_remainder=drop)


@given(st.integers(1, 400), st.integers(1, 9), st.booleans(), st.booleans())
def test_each_row_is_in_one_batch(rows, size, grouped, drop):
    lengths = np.arange(rows) % 17 if grouped else None
    found = list(batches(rows, size, lengths=lengths, drop=drop))
    taken = np.concatenate([np.zeros(0, np.int64), *found])
    assert len(taken) == len(set(taken.tolist())) == (rows // size * size if drop else rows)
    assert sorted(map(len, found), reverse=True) == [size] * (rows // size) + (
        [rows % size] if rows % size and not drop else []
    )


def test_grouped_batches_of_a_pool_have_rows_of_similar_length():
    lengths = np.random.default_rng(0).integers(1, 100, 300)
    found = batches(300, 10, lengths=lengths)
    pool = found[: pool_of(len(found))]
    assert len(pool) == 7
    spans = sorted((lengths[rows].min(), lengths[rows].max()) for rows in pool)
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans))


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("done", [0, 1, 7, 60, 75])
def test_rows_left_after_some_batches_are_the_rest(grouped, done):
    lengths = np.arange(300) % 13 if grouped else None
    found = batches(300, 4, lengths=lengths)
    left = found.left_after(done)
    rest = np.concatenate([np.zeros(0, np.int64), *found[done:]])
    assert sorted(left.rows(0, len(left)).tolist()) == sorted(rest.tolist())
