"""Rows of a token store with their targets."""

from dataclasses import dataclass

import numpy as np

from kbert.data.epoch_order import sample_order
from kbert.data.token_store import TokenStore


@dataclass(frozen=True)
class LabelledRows:
    """Some rows of a token store, their targets, and how much each row counts.

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
        """Return a store's rows with their labels; for a sharded store, those of some shards."""
        assert store.labels is not None
        rows = store.rows_at_hand
        return cls(store, rows, store.labels[rows], None if weights is None else weights[rows])

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> np.ndarray:
        """The number of tokens of each row, in all its windows if it is read in several."""
        return self.store.read_tokens[self.rows]

    def sample(self, count: int, seed: int) -> "LabelledRows":
        """Return at most `count` random rows, in their order; the same rows for the same seed."""
        if count >= len(self):
            return self
        bits = np.random.PCG64(np.random.SeedSequence([seed]))
        chosen = np.sort(sample_order(bits, len(self), count))
        weights = None if self.weights is None else self.weights[chosen]
        return LabelledRows(self.store, self.rows[chosen], self.targets[chosen], weights)
