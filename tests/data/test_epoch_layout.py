import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.data.epoch_layout import EpochLayout
from kbert.data.epoch_order import choose_widths
from kbert.data.segment import Segment

LENGTHS = st.lists(st.integers(3, 60), min_size=1, max_size=60)
ORDERS = ["given", "length", "shuffled"]
SIZES = st.integers(1, 9)


def build(lengths, batch_size, **settings):
    lengths = np.array(lengths)

    def widths(size):
        return choose_widths(lengths, min_rows=size)

    return EpochLayout.build(lengths, widths, batch_size=batch_size, **settings)


def test_trained_batches_have_the_widths_of_their_own_batch_size():
    """The widest batch comes first, and which that is depends on the widths."""
    lengths = [3, 3, 3, 9, 17]
    (trained,) = build(lengths, 1, order="shuffled").rows[:1]
    layout = build(lengths, 2, order="shuffled", segments=[Segment(1, 1)])
    rest = layout.rows[layout.first :]
    assert sorted(np.concatenate([trained, *rest])) == [0, 1, 2, 3, 4]


@settings(max_examples=300, deadline=None)
@given(
    LENGTHS,
    st.lists(st.tuples(SIZES, st.integers(0, 12)), max_size=4),
    SIZES,
    st.sampled_from(ORDERS),
    st.integers(0, 3),
    st.integers(0, 5),
)
def test_every_row_once_per_epoch_whatever_its_segments(
    lengths, interruptions, size, order, seed, epoch
):
    segments, trained = [], []
    for batch_size, batches in interruptions:
        layout = build(
            lengths, batch_size, order=order, seed=seed, epoch=epoch, segments=tuple(segments)
        )
        new = layout.rows[layout.first :][:batches]
        trained += new
        count = len(new)
        if segments and segments[-1].batch_size == batch_size:
            count += segments.pop().batches
        segments.append(Segment(batch_size, count))
    layout = build(lengths, size, order=order, seed=seed, epoch=epoch, segments=segments)
    rest = layout.rows[layout.first :]
    assert sorted(np.concatenate([*trained, *rest])) == list(range(len(lengths)))
    assert len(layout.rows) == len(layout.widths) == -(-len(lengths) // size)
    for rows, width in zip(layout.rows, layout.widths, strict=True):
        assert width >= max(lengths[row] for row in rows)


@settings(max_examples=100, deadline=None)
@given(LENGTHS, SIZES, st.sampled_from(ORDERS), st.integers(0, 5), st.integers(0, 60))
def test_an_epoch_resumed_with_the_same_batch_size_is_the_same_epoch(
    lengths, size, order, epoch, done
):
    whole = build(lengths, size, order=order, epoch=epoch)
    done = min(done, len(whole.rows))
    resumed = build(lengths, size, order=order, epoch=epoch, segments=(Segment(size, done),))
    assert resumed.first == done
    assert resumed.widths == whole.widths
    for one, other in zip(whole.rows, resumed.rows, strict=True):
        assert one.tolist() == other.tolist()


@settings(max_examples=100, deadline=None)
@given(LENGTHS, SIZES, SIZES, st.integers(0, 5), st.integers(0, 60))
def test_no_row_occurs_twice_if_incomplete_batches_are_dropped(lengths, before, size, epoch, done):
    options = {"order": "shuffled", "epoch": epoch, "drop_remainder": True}
    trained = build(lengths, before, **options).rows[:done]
    segments = (Segment(before, len(trained)),)
    resumed = build(lengths, size, **options, segments=segments)
    rest = resumed.rows[resumed.first :]
    seen = [int(row) for rows in (*trained, *rest) for row in rows]
    assert len(seen) == len(set(seen))
    assert {len(rows) for rows in rest} <= {size}


def test_the_remaining_rows_are_batched_again_with_another_batch_size():
    layout = build([5] * 10, 2, segments=(Segment(4, 1),))
    assert layout.first == 2
    assert [rows.tolist() for rows in layout.rows[2:]] == [[4, 5], [6, 7], [8, 9]]


@pytest.mark.parametrize("order", ["length", "shuffled"])
def test_a_widest_batch_comes_first(order):
    layout = build([3, 4, 5, 30, 31, 32, 12, 13, 14] * 4, 3, order=order)
    assert layout.widths[0] == max(layout.widths)


def test_an_incomplete_batch_has_the_greatest_width_in_every_epoch():
    for epoch in range(5):
        layout = build([3] * 20 + [30] * 5, 4, order="shuffled", epoch=epoch)
        sizes = [len(rows) for rows in layout.rows]
        assert layout.widths[sizes.index(1)] == 32
