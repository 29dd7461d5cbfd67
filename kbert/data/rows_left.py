"""The rows of an epoch in a random order, or those that are left of it."""

from dataclasses import dataclass, field

import numpy as np

from kbert.data.keyed_permutation import Permutation


@dataclass(frozen=True)
class RowsLeft:
    """The rows of an epoch in a random order, or those that are left of it.

    Batches are taken from the beginning, so that what is left is described by the first place in
    the order that is left, and the few places after it that are already taken.

    Args:
        permutation: Permutation. The row at each place of the whole order.
        start: int. The first place that is left. Defaults to 0.
        taken: int64 array, ascending. Places from `start` on that are not left. Defaults to none.
    """

    permutation: Permutation
    start: int = 0
    taken: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return self.permutation.size - self.start - len(self.taken)

    def rows(self, begin: int, end: int) -> np.ndarray:
        """Return the rows left with indices from `begin` to `end` - 1, an int64 array."""
        return self.permutation(self._places(np.arange(begin, end)))

    def after(self, begin: int, taken: np.ndarray) -> "RowsLeft":
        """Return the rows that are left after more have been taken.

        Args:
            begin: int. All rows before this index among those left are taken.
            taken: int64 array. Further indices, from `begin` on, that are taken.
        """
        if begin >= len(self):
            return RowsLeft(self.permutation, self.permutation.size)
        start = int(self._places(np.array([begin]))[0])
        later = self.taken[self.taken > start]
        return RowsLeft(self.permutation, start, np.union1d(later, self._places(taken)))

    def _places(self, indices: np.ndarray) -> np.ndarray:
        """Return the places in the whole order of indices among the rows left."""
        places = self.start + indices
        if not len(self.taken):
            return places
        # A place moves by one for each taken place with at most that many untaken places before it.
        left_before = self.taken - np.arange(len(self.taken))
        return places + np.searchsorted(left_before, places, side="right")
