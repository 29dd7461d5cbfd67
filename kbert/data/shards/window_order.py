"""The order of rows in shards: shards permuted, rows shuffled inside windows of several shards."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from kbert.data.epoch_order import permutation
from kbert.data.keyed_permutation import KeyedPermutation
from kbert.utils.counts import check_count


class WindowOrder:
    """A permutation of the rows of shards that needs a few shards at a time.

    The shards are permuted and cut into windows of up to `window` shards, as equal as possible. The
    windows follow one another, each with its rows in a random order of their own. With a window of
    all shards, it is a permutation of all rows. It depends on the arguments alone, and any part of
    it is computed without the others.

    Args:
        rows: sequence of int. The rows of each shard.
        window: int. Maximum shards per window.
        bits: np.random.PCG64. Its next raw bits are the keys.

    Attributes:
        size: int. The rows of all shards.
        shards: int array [shards]. The shards in the order in which they come.

    Example:

    ```python
    order = WindowOrder([3, 3, 3, 3], window=2, bits=np.random.PCG64(0))
    assert sorted(order(np.arange(12))) == list(range(12))
    assert len({row // 3 for row in order(np.arange(6))}) == 2
    ```
    """

    def __init__(self, rows: Sequence[int], window: int, bits: np.random.PCG64) -> None:
        check_count("shuffle_window", window)
        counts = np.asarray(rows, np.int64)
        self._firsts = np.cumsum(counts) - counts
        self.size = int(counts.sum())
        self.shards = permutation(bits, len(counts))
        self._key = int(bits.random_raw())
        windows = max(1, -(-len(counts) // window))
        self._windows = np.array_split(self.shards, windows)
        sizes = np.array([counts[shards].sum() for shards in self._windows], np.int64)
        self._starts = np.cumsum(sizes) - sizes
        self._counts = counts
        self._permutations: dict[int, KeyedPermutation] = {}

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Return the rows at an int array of places from 0 to size - 1, as int64."""
        numbers = np.asarray(numbers, np.int64)
        found = np.empty(len(numbers), np.int64)
        of_window = np.searchsorted(self._starts, numbers, side="right") - 1
        for window in np.unique(of_window):
            at = of_window == window
            places = self._permutation(int(window))(numbers[at] - self._starts[window])
            shards = self._windows[window]
            ends = np.cumsum(self._counts[shards])
            which = np.searchsorted(ends, places, side="right")
            begins = ends - self._counts[shards]
            found[at] = self._firsts[shards[which]] + places - begins[which]
        return found

    def window_of(self, shard: int) -> int:
        """Return the window that a shard is in."""
        return int(self._window_of_shard[shard])

    def shards_of(self, window: int) -> np.ndarray:
        """Return the shards of a window; none for a number past the last window."""
        return self._windows[window] if window < len(self._windows) else self.shards[:0]

    def by_shard(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows of a batch sorted by the place of their shards.

        A part of a batch then lies in few of the shards of its window; the batch still has the same
        rows.
        """
        of_row = np.searchsorted(self._firsts, rows, side="right") - 1
        return rows[np.argsort(self._places[of_row], kind="stable")]

    def _permutation(self, window: int) -> KeyedPermutation:
        if window not in self._permutations:
            shards = self._windows[window]
            bits = np.random.PCG64(np.random.SeedSequence([self._key, window]))
            self._permutations[window] = KeyedPermutation(int(self._counts[shards].sum()), bits)
        return self._permutations[window]

    @cached_property
    def _places(self) -> np.ndarray:
        """The place of each shard in the order."""
        return np.argsort(self.shards, kind="stable")

    @cached_property
    def _window_of_shard(self) -> np.ndarray:
        numbers = np.repeat(np.arange(len(self._windows)), [len(w) for w in self._windows])
        return numbers[self._places]
