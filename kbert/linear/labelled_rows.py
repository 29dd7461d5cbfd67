"""Rows of a token store with what is to be predicted for them."""

from dataclasses import dataclass

import numpy as np

from kbert.data.epoch_order import sample_order
from kbert.data.token_store import TokenStore


@dataclass(frozen=True)
class LabelledRows:
    """Some rows of a token store, what is to be predicted for them, and how much each counts.

    Args:
        store: TokenStore.
        rows: int array. Their numbers in the store.
        targets: array [rows, ...]. What is to be predicted.
        weights: float array [rows], 0 or more, or None: all count the same.
    """

    store: TokenStore
    rows: np.ndarray
    targets: np.ndarray
    weights: np.ndarray | None = None

    @classmethod
    def from_store(cls, store: TokenStore, weights: np.ndarray | None = None) -> "LabelledRows":
        """Return the rows of a store with their labels; of one in shards, those of some shards."""
        assert store.labels is not None
        rows = store.rows_at_hand
        return cls(store, rows, store.labels[rows], None if weights is None else weights[rows])

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> np.ndarray:
        """The tokens of each row, of all its windows where it is read in several."""
        return self.store.read_tokens[self.rows]

    def sample(self, count: int, seed: int) -> "LabelledRows":
        """Return at most `count` of the rows, by chance, in their order; the same for a seed."""
        if count >= len(self):
            return self
        bits = np.random.PCG64(np.random.SeedSequence([seed]))
        chosen = np.sort(sample_order(bits, len(self), count))
        weights = None if self.weights is None else self.weights[chosen]
        return LabelledRows(self.store, self.rows[chosen], self.targets[chosen], weights)
