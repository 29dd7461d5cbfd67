from types import SimpleNamespace

from kbert.checkpoints.position import Position
from kbert.checkpoints.position_counter import PositionCounter
from kbert.data.segment import Segment


def batches_of(sizes, batch_size, first=0):
    """The parts of Batches that are used: how many rows each batch of the epoch has."""
    rows = [range(size) for size in sizes]
    return SimpleNamespace(first=first, batch_size=batch_size, rows=rows.__getitem__)


def test_two_epochs_by_hand():
    counter = PositionCounter(batches_of([4, 4, 2], 4), 3, 10)
    counter.begin(0)
    counter.count(1)
    assert counter.position == Position(0, (Segment(4, 1),), 4, 1)
    assert [counter.is_last(done) for done in (1, 2, 3)] == [False, False, True]
    counter.count(3)  # two at once, as `steps_per_execution` reports them
    assert counter.position == Position(0, (Segment(4, 3),), 10, 3)
    counter.end(evaluated=False)
    assert counter.position == Position(1, (), 10, 3, evaluated=False)
    counter.begin(1)
    counter.count(1)
    assert (counter.position.name, counter.position.examples_seen) == ("epoch-1-batch-1", 14)


def test_rows_left_out_of_batches_count_as_seen_at_the_end():
    counter = PositionCounter(batches_of([4, 4], 4), 2, 10)
    counter.begin(0)
    counter.count(2)
    assert counter.position.examples_seen == 8
    counter.end(evaluated=True)
    assert counter.position.examples_seen == 10


def test_a_resumed_epoch_continues_where_it_was():
    counter = PositionCounter(batches_of([4, 4, 2], 4, first=1), 3, 10)
    counter.position = Position(2, (Segment(4, 1),), 24, 7)
    counter.begin(2)
    counter.count(1)
    assert counter.position == Position(2, (Segment(4, 2),), 28, 8)
    assert [counter.is_last(done) for done in (1, 2)] == [False, True]


def test_another_batch_size_starts_a_segment():
    counter = PositionCounter(batches_of([4, 2, 2, 2], 2, first=1), 4, 10)
    counter.position = Position(0, (Segment(4, 1),), 4, 1)
    counter.begin(0)
    counter.count(2)
    assert counter.position == Position(0, (Segment(4, 1), Segment(2, 2)), 8, 3)


def test_unknown_batches_count_no_rows_inside_an_epoch():
    counter = PositionCounter(None, 5, 0)
    counter.begin(3)  # a `fit` with an `initial_epoch`
    counter.count(2)
    assert counter.position == Position(3, (Segment(0, 2),), 0, 17)
    counter.end(evaluated=True)
    assert counter.position == Position(4, (), 0, 17)
