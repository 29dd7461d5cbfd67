"""The batches of an epoch, computed a pool at a time."""

from collections.abc import Callable

import numpy as np

from kbert.data.epoch_order import pool_of
from kbert.data.keyed_permutation import mixed
from kbert.data.on_demand import OnDemand
from kbert.data.rows_left import RowsLeft

_KEPT = 4  # pools: batches are made ahead, and asked for again when they are counted


class PooledBatches(OnDemand[np.ndarray]):
    """The batches of an epoch, a sequence of int64 arrays of row numbers, on demand.

    The rows are taken in the order of `rows` and cut into pools of up to 50 batches. To group rows
    by length, each pool is sorted by length and cut into batches, and the batches of the pool are
    permuted. The next batches are those of the next pool, so a pool is computed once in a pass, and
    nothing else is kept.

    Args:
        rows: RowsLeft. All rows of the epoch, or those that are left.
        batch_size: int. Rows per batch.
        key: int. A 64-bit number that decides the order of the batches of a pool.
        lengths: int array [all rows] to group by, or None for batches that are plain random
            samples.
        drop_remainder: bool. Leave out the rows that do not fill a batch.
        arrange: function of the rows of a batch that returns them in another order. Defaults to
            None: they stay as they come.
    """

    def __init__(
        self,
        rows: RowsLeft,
        batch_size: int,
        key: int,
        *,
        lengths: np.ndarray | None,
        drop_remainder: bool,
        arrange: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.batch_size = batch_size
        self._left = rows
        self._rows = len(rows) // batch_size * batch_size if drop_remainder else len(rows)
        self._pool = pool_of(len(self))
        self._key = np.uint64(key)
        self._lengths = lengths
        self._arrange = arrange
        # Replaced, never modified, so that threads need no lock.
        self._kept: tuple[tuple[int, list[np.ndarray]], ...] = ()

    def __len__(self) -> int:
        return -(-self._rows // self.batch_size)

    def item(self, index: int) -> np.ndarray:
        """Return the rows of a batch."""
        number, place = divmod(index, self._pool)
        for kept, batches in self._kept:
            if kept == number:
                return batches[place]
        rows = self._left.rows(*self._bounds(number))
        batches = [rows[part] for part in self._parts(number, rows)]
        if self._arrange is not None:
            batches = [self._arrange(batch) for batch in batches]
        self._kept = ((number, batches), *self._kept[: _KEPT - 1])
        return batches[place]

    def left_after(self, batches: int) -> RowsLeft:
        """Return the rows that are left when the first batches have been trained."""
        number, place = divmod(min(batches, len(self)), self._pool)
        begin, end = self._bounds(number)
        if not place:
            return self._left.after(begin, np.zeros(0, np.int64))
        parts = self._parts(number, self._left.rows(begin, end))[:place]
        return self._left.after(begin, begin + np.concatenate(parts))

    def _bounds(self, number: int) -> tuple[int, int]:
        size = self._pool * self.batch_size
        return min(number * size, self._rows), min((number + 1) * size, self._rows)

    def _parts(self, number: int, rows: np.ndarray) -> list[np.ndarray]:
        """Return which rows of a pool form which batch, the batches in their order."""
        order = np.arange(len(rows))
        if self._lengths is not None:
            order = np.argsort(self._lengths[rows], kind="stable")
        size = self.batch_size
        parts = [order[i : i + size] for i in range(0, len(order), size)]
        if self._lengths is None:
            return parts
        numbers = np.arange(len(parts), dtype=np.uint64) + np.uint64(number * self._pool)
        return [parts[i] for i in np.argsort(mixed(numbers ^ self._key), kind="stable")]
