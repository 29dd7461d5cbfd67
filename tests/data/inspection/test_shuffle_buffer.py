import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.data.inspection.shuffle_buffer import (
    recommend_shuffle_buffer,
    shuffle_buffer_order,
    simulate_shuffle_buffer,
)
from kbert.errors import KbertError

SORTED = np.repeat([0, 1], 1000)
RANDOM = np.random.default_rng(0).permutation(SORTED)
SEEDS = st.integers(0, 2**63 - 1)


@pytest.mark.keras
@pytest.mark.parametrize("seed", [0, 1, 12_345, 2**31 - 2, 2**31 - 1, 2**40 + 7])
def test_the_order_is_that_of_tf_data_bit_for_bit(seed):
    import tensorflow as tf

    # TensorFlow's default; on JAX and torch, other tests in this process set another seed.
    tf.random.set_seed(87654321)
    for rows, size in [(1, 1), (7, 3), (50, 1), (50, 49), (50, 50), (50, 80), (1000, 100)]:
        data = tf.data.Dataset.range(rows)
        shuffled = data.shuffle(size, seed=seed, reshuffle_each_iteration=False)
        expected = [int(row) for row in shuffled.as_numpy_iterator()]
        assert shuffle_buffer_order(rows, size, seed).tolist() == expected


@given(st.integers(0, 300), st.integers(1, 400), SEEDS)
@settings(deadline=None)
def test_every_row_comes_once_and_none_from_beyond_the_buffer(rows, size, seed):
    order = shuffle_buffer_order(rows, size, seed).tolist()
    assert sorted(order) == list(range(rows))
    assert all(row < place + size for place, row in enumerate(order))
    assert order == shuffle_buffer_order(rows, size, seed).tolist()


@given(st.integers(0, 300), SEEDS)
@settings(deadline=None)
def test_a_buffer_of_one_row_keeps_the_order(rows, seed):
    assert shuffle_buffer_order(rows, 1, seed).tolist() == list(range(rows))


@pytest.mark.parametrize("seed", [0, 1, 12_345])
def test_seeds_are_interpreted_as_in_tensorflow(seed):
    order = shuffle_buffer_order(100, 50, seed).tolist()
    assert shuffle_buffer_order(100, 50, seed + 2**31 - 1).tolist() == order
    assert shuffle_buffer_order(100, 50, seed + 2**31).tolist() != order


def test_different_seeds_give_different_orders():
    assert len({tuple(shuffle_buffer_order(100, 50, seed)) for seed in range(20)}) == 20


def test_every_row_of_a_full_buffer_is_equally_likely_to_come_first():
    firsts = [int(shuffle_buffer_order(4, 4, seed)[0]) for seed in range(4000)]
    # A quarter of 4,000 draws, with a standard deviation of 27.
    assert abs(np.bincount(firsts) - 1000).max() < 5 * 27.4


@given(st.lists(st.integers(0, 3), min_size=1, max_size=80), st.integers(1, 90), st.integers(1, 9))
@settings(deadline=None)
def test_the_classes_of_every_batch(labels, size, batch_size):
    order = shuffle_buffer_order(len(labels), size, seed=5)
    batches = [order[i : i + batch_size] for i in range(0, len(labels), batch_size)]
    held = [[labels[row] for row in batch] for batch in batches]
    found = simulate_shuffle_buffer(np.array(labels), size, batch_size, seed=5)
    assert found.counts.sum(axis=1).tolist() == list(map(len, held))
    for counts, batch in zip(found.counts, held, strict=True):
        assert [batch.count(number) for number in range(len(counts))] == counts.tolist()
    assert found.classes == pytest.approx(np.mean([len(set(batch)) for batch in held]))
    rows = len(labels)
    by_chance = [
        sum(
            1 - math.comb(rows - labels.count(number), len(batch)) / math.comb(rows, len(batch))
            for number in set(labels)
        )
        for batch in held
    ]
    assert found.classes_by_chance == pytest.approx(np.mean(by_chance))
    # Half the sum of the differences is the share of rows that would have to change class.
    shares = {number: labels.count(number) / len(labels) for number in set(labels)}
    distances = [
        sum(max(batch.count(number) / len(batch) - share, 0) for number, share in shares.items())
        for batch in held
    ]
    assert found.unevenness == pytest.approx(np.mean(distances))
    assert found.standard_error == pytest.approx(np.std(distances) / len(held) ** 0.5)


def test_sorted_rows_are_mixed_by_a_full_shuffle_only():
    as_they_stand = simulate_shuffle_buffer(SORTED, 1, 50)
    assert (as_they_stand.single_class, as_they_stand.classes) == (1, 1)
    assert as_they_stand.unevenness == 1 / 2
    uneven = [simulate_shuffle_buffer(SORTED, size, 50).unevenness for size in (1, 100, 500, 2000)]
    assert uneven == sorted(uneven, reverse=True)
    # A batch of 50 at random: |share - 1/2| is 0.056 on average.
    assert uneven[-1] == pytest.approx(0.056, abs=0.03)


@pytest.mark.parametrize("batch_size", [8, 32])
def test_the_recommendation_is_the_first_doubling_that_mixes(batch_size):
    for labels in (SORTED, RANDOM, np.repeat([0, 1, 0, 1], 500)):
        size = recommend_shuffle_buffer(labels, batch_size)
        full = simulate_shuffle_buffer(labels, len(labels), batch_size)
        # A tenth more than a full shuffle, and what chance adds to its mean.
        most = 1.1 * full.unevenness + 3 * full.standard_error
        doublings = [batch_size * 2**i for i in range(10) if batch_size * 2**i < len(labels)]
        good = [
            doubling
            for doubling in doublings
            if simulate_shuffle_buffer(labels, doubling, batch_size).unevenness <= most
        ]
        assert size == min(good, default=len(labels))


def test_recommendations():
    assert recommend_shuffle_buffer(SORTED) > 1000
    for rows in (100, 1000, 10_000):  # mixed already
        random = np.random.default_rng(0).permutation(np.repeat([0, 1], rows))
        assert recommend_shuffle_buffer(random) == 32
    assert recommend_shuffle_buffer(np.zeros(500, int)) == 32
    assert recommend_shuffle_buffer(SORTED[:20]) == 20


@pytest.mark.parametrize(
    ("sizes", "held"),
    [
        ((0, 32), "`buffer_size` must be a whole number, 1 or more. Received: 0"),
        ((100, 0), "`batch_size` must"),
    ],
)
def test_sizes_out_of_range_are_refused(sizes, held):
    with pytest.raises(KbertError, match=held):
        simulate_shuffle_buffer(SORTED, *sizes)


@pytest.mark.parametrize(
    "labels", [["a", "b"], [], [0.5, 1.0], [-1, 1], None, [[0, 1]], [None, 1]], ids=str
)
def test_labels_that_are_not_class_numbers_are_refused(labels):
    with pytest.raises(KbertError, match="`label_ids` must be the class numbers of the rows"):
        simulate_shuffle_buffer(labels, 100, 32)
