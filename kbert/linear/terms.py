"""The terms of texts: tokens, and pairs of adjacent ones, as numbers."""

from collections.abc import Collection

import numpy as np

from kbert.data.token_store import TokenStore


def terms(
    store: TokenStore, rows: np.ndarray, special: Collection[int], vocabulary: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return every term of the rows: the place of its row in `rows`, and its number.

    A term is a token, or two adjacent ones, of the first or the second text; its number encodes
    which text. Special tokens are not terms.

    Args:
        store: TokenStore.
        rows: int array. Numbers of rows.
        special: the ids that are left out.
        vocabulary: int. The number of token ids.

    Returns:
        Two int64 arrays [terms].
    """
    encoded = [store[int(row)] for row in rows]
    if not encoded:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    lengths = np.array([len(ids) for ids, _ in encoded])
    tokens = np.concatenate([ids for ids, _ in encoded]).astype(np.int64)
    places = np.repeat(np.arange(len(encoded)), lengths)
    within = np.arange(len(tokens)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    is_second = within >= np.array([first for _, first in encoded])[places]
    kept = ~np.isin(tokens, list(special))
    tokens, places, is_second = tokens[kept], places[kept], is_second[kept]
    base = vocabulary + 1
    numbers = is_second * base**2 + tokens * base
    adjacent = (places[1:] == places[:-1]) & (is_second[1:] == is_second[:-1])
    pairs = (numbers[:-1] + tokens[1:] + 1)[adjacent]
    return np.concatenate([places, places[1:][adjacent]]), np.concatenate([numbers, pairs])
