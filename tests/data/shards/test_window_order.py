import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.backend.batch_share import BatchShare
from kbert.data.epoch_order import choose_widths
from kbert.data.pooled_layout import pooled_layout
from kbert.data.segment import Segment
from kbert.data.shards.window_order import WindowOrder

SHARDS = st.lists(st.integers(1, 30), min_size=1, max_size=12)
WINDOWS = st.integers(1, 14)


def order_of(rows, window, seed=0):
    return WindowOrder(rows, window, np.random.PCG64(seed))


def layout_of(rows, window, batch_size, *, seed=0, epoch=0, grouped=True, segments=(), drop=False):
    lengths = np.resize([5, 9, 20, 33], sum(rows))
    widths = choose_widths(lengths)
    return pooled_layout(
        lengths,
        lambda size: widths,
        batch_size=batch_size,
        grouped=grouped,
        seed=seed,
        epoch=epoch,
        drop_remainder=drop,
        segments=segments,
        windows=lambda bits: WindowOrder(rows, window, bits),
    )


@given(SHARDS, WINDOWS, st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_any_part_of_the_permutation_can_be_computed_alone(rows, window, seed):
    order = order_of(rows, window, seed)
    whole = order(np.arange(order.size))
    assert sorted(whole) == list(range(sum(rows)))
    again = order_of(rows, window, seed)
    for place in (order.size - 1, 0, order.size // 2):
        assert again(np.array([place]))[0] == whole[place]


@given(SHARDS, WINDOWS, st.integers(0, 99))
@settings(deadline=None)
def test_a_window_has_the_rows_of_its_shards_and_not_too_many_shards(rows, window, seed):
    order = order_of(rows, window, seed)
    firsts = np.cumsum(rows) - rows
    start, number = 0, 0
    while len(shards := order.shards_of(number)):
        assert len(shards) <= window
        size = sum(rows[shard] for shard in shards)
        found = np.searchsorted(firsts, order(np.arange(start, start + size)), side="right") - 1
        assert set(found) == set(shards)
        assert {order.window_of(int(shard)) for shard in shards} == {number}
        start, number = start + size, number + 1
    assert start == sum(rows)


def test_a_window_of_all_shards_mixes_all_rows():
    first = order_of([100] * 10, 10)(np.arange(100))
    assert len({row // 100 for row in first}) == 10
    assert len({row // 100 for row in order_of([100] * 10, 2)(np.arange(100))}) == 2


def test_epochs_and_seeds_give_different_orders():
    rows = [20] * 6
    found = {
        tuple(np.concatenate(layout_of(rows, 2, 4, seed=seed, epoch=epoch).rows[:]))
        for seed, epoch in ((0, 0), (0, 1), (1, 0))
    }
    assert len(found) == 3


@given(SHARDS, WINDOWS, st.integers(1, 9), st.booleans(), st.data())
@settings(deadline=None, max_examples=60)
def test_a_resumed_epoch_has_every_row_once(rows, window, size, grouped, data):
    layout = layout_of(rows, window, size, grouped=grouped)
    batches = [batch.tolist() for batch in layout.rows]
    assert sorted(row for batch in batches for row in batch) == list(range(sum(rows)))
    done = data.draw(st.integers(0, len(batches)))
    same = layout_of(rows, window, size, grouped=grouped, segments=[Segment(size, done)])
    assert [batch.tolist() for batch in same.rows[same.first :]] == batches[done:]
    other = data.draw(st.integers(1, 9))
    segments = [Segment(size, done), Segment(other, 0)]
    changed = layout_of(rows, window, other, grouped=grouped, segments=segments)
    trained = [row for batch in batches[:done] for row in batch]
    left = [row for batch in changed.rows[changed.first :] for row in batch.tolist()]
    assert sorted(trained + left) == list(range(sum(rows)))


def test_a_process_needs_only_some_shards_of_a_window():
    rows, window, processes = [1000] * 16, 8, 4
    layout, firsts = layout_of(rows, window, 256), np.arange(16) * 1000
    needed = [set() for _ in range(processes)]
    for index in range(30):  # of the first window
        for process in range(processes):
            part = BatchShare(processes, processes, process).part(layout.rows[index])
            needed[process] |= set(np.searchsorted(firsts, part, side="right") - 1)
    assert max(map(len, needed)) <= 4  # of 8
    assert len(set.union(*needed)) == 8
