"""The layout of an epoch with very many rows, computed as it is trained."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from kbert.data.epoch_layout import EpochLayout
from kbert.data.keyed_permutation import KeyedPermutation
from kbert.data.on_demand import OnDemand
from kbert.data.pooled_batches import PooledBatches
from kbert.data.rows_left import RowsLeft
from kbert.data.segment import Segment
from kbert.data.shards.window_order import WindowOrder

T = TypeVar("T")


def pooled_layout(
    lengths: np.ndarray,
    widths: Callable[[int], np.ndarray],
    *,
    batch_size: int,
    grouped: bool,
    seed: int = 0,
    epoch: int = 0,
    drop_remainder: bool = False,
    segments: Sequence[Segment] = (),
    windows: Callable[[np.random.PCG64], WindowOrder] | None = None,
) -> EpochLayout:
    """Return the layout of an epoch in the second version of the random order.

    It is a pure function of the arguments, as `EpochLayout.build` is, and every row occurs once.
    It takes the memory of a few pools, and the time of the batches asked for, also for a resumed
    epoch, even with another batch size.

    Args:
        lengths: int array [rows]. Tokens of each row.
        widths: function of a batch size that returns the widths to choose from.
        batch_size: int. Rows per batch.
        grouped: bool. Whether batches hold rows of similar lengths, or are plain random samples.
        seed: int. Defaults to 0.
        epoch: int. Defaults to 0.
        drop_remainder: bool. Leave out an incomplete batch. Defaults to False.
        segments: sequence of Segment. What has been trained of the epoch. Defaults to ().
        windows: function of random bits that returns the order of rows in shards. Defaults to None:
            the rows come in any order.
    """
    bits = np.random.PCG64(np.random.SeedSequence([seed, epoch]))
    order = KeyedPermutation(len(lengths), bits) if windows is None else windows(bits)
    by_shard = order.by_shard if isinstance(order, WindowOrder) else None
    rows = RowsLeft(order)
    key = int(bits.random_raw())

    def batches_of(size: int, left: RowsLeft) -> PooledBatches:
        by = lengths if grouped else None
        return PooledBatches(
            left, size, key, lengths=by, drop_remainder=drop_remainder, arrange=by_shard
        )

    whole = batches_of(batch_size, rows)
    among = widths(batch_size)
    if not segments:
        return EpochLayout(whole, _Widths(whole, lengths, among))
    *earlier, last = segments
    done = last.batches
    if last.batch_size != batch_size:
        earlier, done = [*segments], 0
    for segment in earlier:
        rows = batches_of(segment.batch_size, rows).left_after(segment.batches)
    rest = batches_of(batch_size, rows)
    first = len(whole) - max(0, len(rest) - done)
    return EpochLayout(
        _Spliced(whole, first, rest, done),
        _Spliced(_Widths(whole, lengths, among), first, _Widths(rest, lengths, among), done),
        first,
    )


class _Widths(OnDemand[int]):
    """The narrowest width that holds each batch.

    The first batch gets the largest width, so that running out of memory shows at once without a
    search for the longest row. So does an incomplete one, which has the same shape in all epochs.
    """

    def __init__(self, batches: PooledBatches, lengths: np.ndarray, widths: np.ndarray) -> None:
        self._batches = batches
        self._lengths = lengths
        self._widths = widths

    def __len__(self) -> int:
        return len(self._batches)

    def item(self, index: int) -> int:
        rows = self._batches[index]
        if index == 0 or len(rows) < self._batches.batch_size:
            return int(self._widths[-1])
        return int(self._widths[np.searchsorted(self._widths, self._lengths[rows].max())])


class _Spliced(OnDemand[T]):
    """The beginning of one sequence, followed by another sequence from some item on."""

    def __init__(self, one: Sequence[T], first: int, other: Sequence[T], done: int) -> None:
        self._one = one
        self._first = first
        self._other = other
        self._done = done

    def __len__(self) -> int:
        return self._first + max(0, len(self._other) - self._done)

    def item(self, index: int) -> T:
        if index < self._first:
            return self._one[index]
        return self._other[index - self._first + self._done]
