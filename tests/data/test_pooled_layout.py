import pickle
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.data.epoch_order import choose_widths, epoch_order
from kbert.data.keyed_permutation import KeyedPermutation
from kbert.data.pooled_layout import pooled_layout
from kbert.data.segment import Segment

LENGTHS = st.lists(st.integers(3, 60), min_size=1, max_size=400)
SIZES = st.integers(1, 9)
EPOCHS = st.integers(0, 5)


def widths_of(lengths, size):
    return choose_widths(lengths, min_rows=size)


def build(lengths, batch_size, *, grouped=True, **arguments):
    lengths = np.array(lengths)
    widths = partial(widths_of, lengths)
    return pooled_layout(lengths, widths, batch_size=batch_size, grouped=grouped, **arguments)


def rows_of(layout):
    return [rows.tolist() for rows in layout.rows]


@given(st.integers(0, 2**32 - 1), EPOCHS, LENGTHS, st.integers(1, 40), st.booleans(), st.booleans())
@settings(deadline=None)
def test_every_row_once(seed, epoch, lengths, size, drop, grouped):
    options = {"seed": seed, "epoch": epoch, "drop_remainder": drop, "grouped": grouped}
    layout = build(lengths, size, **options)
    full, rest = divmod(len(lengths), size)
    sizes = sorted(len(rows) for rows in layout.rows)
    assert sizes == ([] if drop or not rest else [rest]) + [size] * full
    rows = [row for batch in rows_of(layout) for row in batch]
    assert len(set(rows)) == len(rows)
    assert set(rows) <= set(range(len(lengths)))
    assert all(rows.dtype == np.int64 for rows in layout.rows)
    assert len(layout.widths) == len(layout.rows)
    for batch, width in zip(layout.rows, layout.widths, strict=True):
        assert width >= max(lengths[row] for row in batch)


@given(LENGTHS, SIZES, EPOCHS, st.booleans(), st.data())
@settings(deadline=None)
def test_a_batch_depends_only_on_seed_epoch_and_its_number(lengths, size, epoch, grouped, data):
    one = build(lengths, size, epoch=epoch, grouped=grouped)
    expected = rows_of(one)
    for index in data.draw(st.permutations(range(len(expected)))):
        assert one.rows[index].tolist() == expected[index]
        alone = build(lengths, size, epoch=epoch, grouped=grouped)
        assert alone.rows[index].tolist() == expected[index]
        assert alone.widths[index] == one.widths[index]


def test_epochs_and_seeds_give_different_batches():
    lengths = np.resize([5, 9, 20, 33], 120)
    orders = [(0, 0), (0, 1), (0, 2), (1, 0)]
    layouts = [build(lengths, 4, seed=seed, epoch=epoch) for seed, epoch in orders]
    assert len({tuple(np.concatenate(layout.rows[:])) for layout in layouts}) == len(orders)
    groups = {frozenset(map(frozenset, rows_of(layout))) for layout in layouts}
    assert len(groups) == len(orders)


def test_rows_left_out_differ_between_epochs():
    kept = [build([9] * 35, 32, epoch=epoch, drop_remainder=True).rows[0] for epoch in range(4)]
    assert len({frozenset(range(35)) - frozenset(rows.tolist()) for rows in kept}) == 4


def test_batches_hold_rows_of_similar_lengths():
    lengths = np.random.default_rng(0).integers(3, 120, 50_000)
    layout, order = build(lengths, 32), epoch_order(0, 0, lengths, 32)
    spread = [
        np.mean([np.ptp(lengths[rows]) for rows in batches]) for batches in (layout.rows, order)
    ]
    assert spread[0] == pytest.approx(spread[1], rel=0.02)
    assert spread[0] < 5


@pytest.mark.parametrize("grouped", [True, False], ids=["grouped", "packed"])
@pytest.mark.parametrize("classes", [2, 10])
def test_sorted_classes_are_mixed_as_by_a_permutation(classes, grouped):
    """The mean and the spread of a class's rows in a batch, and in each tenth of the epoch."""
    size, count = 32, 64_000
    labels = np.repeat(np.arange(classes), count // classes)
    lengths = 10 + np.arange(count) % 40
    share = 1 / classes
    for epoch in range(3):
        layout = build(lengths, size, epoch=epoch, grouped=grouped)
        rows = np.array(layout.rows[:])
        drawn = (labels[rows] == 0).sum(axis=1)
        expected = (size * share * (1 - share)) ** 0.5  # of as many random draws
        assert drawn.std() == pytest.approx(expected, rel=0.06)
        tenths = (labels[rows] == 0).reshape(10, -1).mean(axis=1)
        assert abs(tenths - share).max() < 4 * (share * (1 - share) / 6400) ** 0.5


def test_the_batch_of_a_row_is_random():
    """Chi-square over 500 seeds of the batch of the shortest, a middle and the longest row."""
    lengths = np.sort(np.random.default_rng(0).integers(3, 60, 3200))
    places = []
    for seed in range(500):
        layout = build(lengths, 8, seed=seed)  # 8 pools
        batch_of = np.empty(3200, int)
        batch_of[np.concatenate(layout.rows[:])] = np.arange(3200) // 8
        places.append(batch_of[[0, 1600, 3199]])
    for column in np.array(places).T:
        counts = np.bincount(column * 16 // 400, minlength=16)
        expected = 500 / 16
        # The 99.9th percentile of chi-square with 15 degrees of freedom.
        assert ((counts - expected) ** 2 / expected).sum() < 37.7


def test_the_first_and_an_incomplete_batch_have_the_greatest_width():
    lengths = [3] * 2000 + [30] * 5
    for epoch in range(5):
        layout = build(lengths, 4, epoch=epoch)
        sizes = [len(rows) for rows in layout.rows]
        assert layout.widths[0] == layout.widths[sizes.index(1)] == 32
        assert set(layout.widths) == {8, 32}


@settings(max_examples=300, deadline=None)
@given(
    LENGTHS,
    st.lists(st.tuples(SIZES, st.integers(0, 60)), max_size=4),
    SIZES,
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
    EPOCHS,
)
def test_every_row_once_per_epoch_whatever_its_segments(
    lengths, interruptions, size, grouped, drop, seed, epoch
):
    options = {"seed": seed, "epoch": epoch, "grouped": grouped, "drop_remainder": drop}
    segments, trained = [], []
    for batch_size, batches in interruptions:
        layout = build(lengths, batch_size, segments=tuple(segments), **options)
        new = layout.rows[layout.first :][:batches]
        trained += new
        count = len(new)
        if segments and segments[-1].batch_size == batch_size:
            count += segments.pop().batches
        segments.append(Segment(batch_size, count))
    layout = build(lengths, size, segments=segments, **options)
    rest = layout.rows[layout.first :]
    seen = [int(row) for rows in (*trained, *rest) for row in rows]
    assert len(set(seen)) == len(seen)
    assert set(seen) <= set(range(len(lengths)))
    left_out = len(lengths) - len(seen)
    assert left_out < size if drop else left_out == 0
    assert len(layout.rows) == len(layout.widths)
    assert len(layout.rows) == (len(lengths) // size if drop else -(-len(lengths) // size))
    for rows, width in zip(layout.rows, layout.widths, strict=True):
        assert width >= max(lengths[row] for row in rows)


@settings(max_examples=100, deadline=None)
@given(LENGTHS, SIZES, st.booleans(), EPOCHS, st.integers(0, 60))
def test_an_epoch_resumed_with_the_same_batch_size_is_the_same_epoch(
    lengths, size, grouped, epoch, done
):
    whole = build(lengths, size, grouped=grouped, epoch=epoch)
    done = min(done, len(whole.rows))
    segments = (Segment(size, done),)
    resumed = build(lengths, size, grouped=grouped, epoch=epoch, segments=segments)
    assert resumed.first == done
    assert rows_of(resumed) == rows_of(whole)
    assert list(resumed.widths) == list(whole.widths)


def test_the_rest_of_an_epoch_is_mixed_too():
    labels = np.repeat([0, 1], 8000)
    layout = build(10 + np.arange(16_000) % 40, 16, segments=[Segment(32, 123)])
    rows = np.concatenate(layout.rows[layout.first :])
    assert len(rows) == 16_000 - 123 * 32
    tenths = np.array([labels[part].mean() for part in np.array_split(rows, 10)])
    assert abs(tenths - 0.5).max() < 4 * 0.5 / 1200**0.5


def test_a_layout_can_be_pickled():
    layout = build([5, 9, 20] * 50, 4, epoch=2, segments=[Segment(3, 7)])
    again = pickle.loads(pickle.dumps(layout))
    assert rows_of(again) == rows_of(layout)
    assert list(again.widths) == list(layout.widths)


def test_sequences_behave_like_those_of_python():
    rows = build([5] * 10, 4, grouped=False).rows
    assert len(rows) == 3
    assert rows[-1].tolist() == rows[2].tolist()
    assert [part.tolist() for part in rows[1:]] == [rows[1].tolist(), rows[2].tolist()]
    for index in (3, -4):
        with pytest.raises(IndexError):
            rows[index]


@pytest.mark.parametrize("grouped", [True, False], ids=["grouped", "packed"])
def test_only_a_pool_of_a_hundred_million_rows_is_computed(grouped):
    lengths = np.resize(np.arange(3, 129, dtype=np.int8), 10**8)
    settings = {"widths": lambda size: np.array([64, 128]), "seed": 1, "grouped": grouped}
    layout = pooled_layout(lengths, batch_size=32, **settings)
    assert len(layout.rows) == 3_125_000
    rows = np.concatenate([layout.rows[index] for index in (0, 1, 49, 50, 3_124_999)])
    assert len(np.unique(rows)) == 160
    segments = [Segment(32, 1_500_001), Segment(48, 1_000_000)]
    layout = pooled_layout(lengths, batch_size=64, segments=segments, **settings)
    assert len(layout.rows) - layout.first == (10**8 - 1_500_001 * 32 - 48_000_000 + 63) // 64


def splitmix64(number):
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    number = (number ^ number >> 27) * 0x94D049BB133111EB % 2**64
    return number ^ number >> 31


@pytest.mark.parametrize("drop", [False, True], ids=["all", "drop"])
@pytest.mark.parametrize(("count", "size"), [(23, 2), (1000, 3), (5, 8)])
def test_the_order_matches_one_made_with_python_lists(count, size, drop):
    lengths = [3 + (7 * row) % 11 for row in range(count)]
    bits = np.random.PCG64(np.random.SeedSequence([7, 2]))
    order = KeyedPermutation(count, bits)(np.arange(count)).tolist()
    key = int(bits.random_raw())
    if drop:
        order = order[: count // size * size]
    total = -(-len(order) // size)
    pool = max(1, min(50, total // 4))
    expected = []
    for start in range(0, len(order), pool * size):
        part = sorted(order[start : start + pool * size], key=lengths.__getitem__)
        batches = [part[i : i + size] for i in range(0, len(part), size)]
        hashes = [splitmix64((start // size + i) ^ key) for i in range(len(batches))]
        expected += [batches[i] for i in sorted(range(len(batches)), key=hashes.__getitem__)]
    assert rows_of(build(lengths, size, seed=7, epoch=2, drop_remainder=drop)) == expected


def test_the_order_is_pinned():
    lengths = 3 + 7 * np.arange(23) % 11
    assert rows_of(build(lengths, 2, seed=7, epoch=2)) == [
        [13, 18],
        [12, 3],
        [0, 19],
        [20, 14],
        [4, 15],
        [21, 7],
        [16, 2],
        [1, 6],
        [22, 11],
        [8, 5],
        [17],
        [10, 9],
    ]
    assert rows_of(build(lengths, 4, seed=7, epoch=2, grouped=False)) == [
        [13, 12, 19, 3],
        [18, 0, 4, 7],
        [20, 14, 15, 21],
        [16, 6, 22, 11],
        [1, 2, 10, 5],
        [8, 9, 17],
    ]
    segments = [Segment(2, 5)]
    assert rows_of(build(lengths, 3, seed=7, epoch=2, segments=segments))[3:] == [
        [16, 21, 7],
        [22, 11, 6],
        [2, 10, 1],
        [8, 5, 9],
        [17],
    ]
    many = build(np.resize(lengths, 2_000_003), 4, seed=7, epoch=2)
    assert [many.rows[index].tolist() for index in (0, 1, 250_000, 500_000)] == [
        [782300, 1603158, 842962, 166854],
        [373059, 680961, 895827, 718462],
        [1315967, 33269, 61651, 480492],
        [659642, 1964635, 1617870],
    ]
