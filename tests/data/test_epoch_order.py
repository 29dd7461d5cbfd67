import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.data.epoch_order import (
    choose_widths,
    epoch_order,
    given_order,
    length_order,
    order_version,
    permutation,
    sample_order,
)

SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = st.lists(st.integers(2, 64), min_size=1, max_size=300).map(np.array)


@given(SEEDS, st.integers(0, 50), LENGTHS, st.integers(1, 40), st.booleans())
@settings(deadline=None)
def test_an_epoch_is_a_permutation_in_batches(seed, epoch, lengths, size, drop):
    batches = epoch_order(seed, epoch, lengths, size, drop_remainder=drop)
    sizes = sorted(len(rows) for rows in batches)
    full, rest = divmod(len(lengths), size)
    assert sizes == ([] if drop or not rest else [rest]) + [size] * full
    rows = [int(row) for batch in batches for row in batch]
    assert len(set(rows)) == len(rows)
    assert set(rows) <= set(range(len(lengths)))
    assert all(batch.dtype == np.int64 for batch in batches)


@given(SEEDS, LENGTHS, st.integers(1, 40))
@settings(deadline=None)
def test_the_order_depends_only_on_the_arguments(seed, lengths, size):
    before = lengths.copy()
    first = epoch_order(seed, 3, lengths, size)
    np.random.seed(0)
    epoch_order(seed + 1, 2, lengths, size)
    again = epoch_order(seed, 3, lengths.astype(np.int32), size)
    assert [b.tolist() for b in first] == [b.tolist() for b in again]
    assert lengths.tolist() == before.tolist()


@given(SEEDS, st.integers(1, 8))
@settings(deadline=None)
def test_epochs_and_seeds_give_different_batches(seed, size):
    lengths = np.resize([5, 9, 20, 33], 120)
    orders = [(seed, 0), (seed, 1), (seed, 2), (seed + 1, 0)]
    found = {tuple(np.concatenate(epoch_order(s, e, lengths, size))) for s, e in orders}
    assert len(found) == len(orders)
    groups = {frozenset(frozenset(b.tolist()) for b in epoch_order(*o, lengths, 4)) for o in orders}
    assert len(groups) == len(orders)


def raw_pcg64(seed, epoch):
    """PCG64 (XSL-RR 128/64) in Python integers, from the state that the seed gives."""
    state = np.random.PCG64(np.random.SeedSequence([seed, epoch])).state["state"]
    number, increment = int(state["state"]), int(state["inc"])
    while True:
        number = (number * 0x2360ED051FC65DA44385DF649FCCF645 + increment) % 2**128
        folded, turn = (number >> 64 ^ number) % 2**64, number >> 122
        yield (folded >> turn | folded << (64 - turn)) % 2**64


def ranked(bits, size):
    numbers = list(itertools.islice(bits, size))
    return sorted(range(size), key=numbers.__getitem__)


@pytest.mark.parametrize("drop", [False, True], ids=["all", "drop"])
@pytest.mark.parametrize(("rows", "size"), [(23, 2), (1000, 3), (5, 8)])
def test_the_order_is_the_same_on_every_machine(rows, size, drop):
    lengths = [3 + (7 * row) % 11 for row in range(rows)]
    bits = raw_pcg64(7, 2)
    order = ranked(bits, rows)
    if drop:
        order = order[: rows // size * size]
    total = -(-len(order) // size)
    pool = max(1, min(50, total // 4)) * size
    pools = [order[i : i + pool] for i in range(0, len(order), pool)]
    pools = [sorted(part, key=lengths.__getitem__) for part in pools]
    batches = [part[i : i + size] for part in pools for i in range(0, len(part), size)]
    expected = [batches[i] for i in ranked(bits, len(batches))]
    found = epoch_order(7, 2, np.array(lengths), size, drop_remainder=drop)
    assert [batch.tolist() for batch in found] == expected


def test_rows_left_out_differ_between_epochs():
    lengths = np.full(35, 9)
    kept = [np.concatenate(epoch_order(0, e, lengths, 32, drop_remainder=True)) for e in range(4)]
    assert len({frozenset(range(35)) - frozenset(rows.tolist()) for rows in kept}) == 4


@pytest.mark.parametrize("classes", [2, 10])
def test_sorted_classes_are_mixed(classes):
    labels = np.repeat(np.arange(classes), 2000 // classes)
    lengths = 10 + np.arange(2000) % 40
    for epoch in range(3):
        batches = [labels[rows] for rows in epoch_order(0, epoch, lengths, 32)]
        # 32 draws at random: the share of a class has a standard deviation below 0.09.
        assert all(np.bincount(b).max() / len(b) < 1 / classes + 0.5 for b in batches)
        first_half = np.concatenate(batches[: len(batches) // 2])
        assert abs(np.bincount(first_half) / len(first_half) - 1 / classes).max() < 0.06


@given(LENGTHS, st.integers(1, 40))
@settings(deadline=None)
def test_length_order_and_given_order(lengths, size):
    for batches in (length_order(lengths, size), given_order(len(lengths), size)):
        assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
        assert {len(rows) for rows in batches[:-1]} <= {size}
    rows = np.concatenate(length_order(lengths, size)).tolist()
    assert rows == sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    assert np.concatenate(given_order(len(lengths), size)).tolist() == list(range(len(lengths)))


@given(LENGTHS)
@settings(max_examples=50, deadline=None)
def test_widths(lengths):
    widths = choose_widths(lengths)
    assert 1 <= len(widths) <= 8
    assert widths.tolist() == sorted(set(widths.tolist()))
    assert all(width % 8 == 0 for width in widths)
    assert widths[-1] - 8 < lengths.max() <= widths[-1]


def cost(lengths, widths):
    return sum(min(width for width in widths if width >= length) for length in lengths)


@given(
    st.lists(st.integers(1, 24), min_size=1, max_size=12),
    st.integers(1, 4),
    st.sampled_from([3, 4]),
)
@settings(max_examples=60, deadline=None)
def test_no_other_widths_cost_less(lengths, most, multiple):
    greatest = -(-max(lengths) // multiple) * multiple
    narrower = range(multiple, greatest, multiple)
    sets = [
        (*chosen, greatest)
        for count in range(most)
        for chosen in itertools.combinations(narrower, count)
    ]
    widths = choose_widths(np.array(lengths), most, multiple).tolist()
    assert tuple(widths) in sets
    assert cost(lengths, widths) == min(cost(lengths, chosen) for chosen in sets)


def test_widths_of_very_many_rows():
    lengths = np.random.default_rng(0).integers(3, 128, 2_500_000)
    some = np.repeat(np.arange(128), np.bincount(lengths) // 10_000)
    assert len(choose_widths(lengths)) == 8
    assert abs(choose_widths(lengths) - choose_widths(some)).max() <= 8
    small = lengths.astype(np.uint8)
    assert choose_widths(small).tolist() == choose_widths(lengths).tolist()


@pytest.mark.parametrize("size", [5, 1000, 2**20, 2**21 + 3])
@pytest.mark.parametrize("count", [1, 100, 6400])
def test_a_sample_is_the_beginning_of_the_permutation(size, count):
    found = sample_order(np.random.PCG64(4), size, count)
    assert found.tolist() == permutation(np.random.PCG64(4), size)[:count].tolist()


def test_the_version_of_the_order_with_which_a_run_begins():
    """Fixed forever: up to 2^20 rows have the order that kbert 0.1 had."""
    assert [order_version(rows) for rows in (1, 2**20, 2**20 + 1, 10**8)] == [1, 1, 2, 2]
