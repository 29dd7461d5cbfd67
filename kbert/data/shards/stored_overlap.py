"""Rows of a set that a token store holds too, recognized by their tokens."""

from collections import Counter

import numpy as np

from kbert.data.token_store import TokenStore

_MOST_ROWS = 200_000  # which take a second or two


def stored_overlap(store: TokenStore, other: TokenStore) -> int | None:
    """Return how many rows of a set have exactly the tokens of a row of a store.

    Args:
        store: TokenStore. The training rows.
        other: TokenStore. The set, with the same tokenizer and maximum length.

    Returns:
        int; or None if the store has too many rows to compare.
    """
    if len(store) > _MOST_ROWS:
        return None
    keys = Counter(_key(other, row) for row in range(len(other)))
    alike = np.isin(store.lengths, other.lengths)
    found = {_key(store, row) for row in np.flatnonzero(alike).tolist()}
    return sum(count for key, count in keys.items() if key in found)


def _key(store: TokenStore, row: int) -> tuple[bytes, int]:
    ids, first = store[row]
    return np.ascontiguousarray(ids, np.int32).tobytes(), first
