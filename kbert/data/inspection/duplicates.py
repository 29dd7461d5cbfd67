"""Texts that occur more than once, in one set or in two."""

from dataclasses import dataclass

import numpy as np

from kbert.data.reading.examples import Examples


@dataclass(frozen=True)
class Duplicates:
    """How often texts repeat, ignoring letter case, blanks and Unicode form.

    Args:
        repeated: int. Rows whose text occurs in an earlier row.
        conflicting: int. Rows whose text occurs with several labels.
        conflict: two row positions with the same text and different labels, or None.
    """

    repeated: int
    conflicting: int
    conflict: tuple[int, int] | None


def text_keys(examples: Examples) -> np.ndarray:
    """Return a 64-bit key of each row's text, or pair, valid within this process only."""
    return np.fromiter(map(hash, examples.bare_texts()), np.int64, len(examples))


def find_duplicates(keys: np.ndarray, y: np.ndarray | None) -> Duplicates:
    """Return how often texts repeat, and whether with different labels.

    Args:
        keys: int array [rows], as `text_keys` returns it.
        y: array [rows, ...]. The labels, numbers or probabilities; or None.
    """
    order = np.argsort(keys, kind="stable")
    same = np.diff(keys[order]) == 0
    if y is None or not same.any():
        return Duplicates(int(same.sum()), 0, None)
    groups = np.concatenate([[0], np.cumsum(~same)])
    if y.ndim > 1:
        y = np.unique(y, axis=0, return_inverse=True)[1].reshape(len(y))
    labels = y[order]
    starts = np.concatenate([[0], np.flatnonzero(~same) + 1])
    mixed = np.maximum.reduceat(labels, starts) != np.minimum.reduceat(labels, starts)
    conflict = None
    if mixed.any():
        # The first in the file: the order of the keys differs from process to process.
        start = min(starts[mixed], key=lambda place: order[place])
        other = next(i for i in range(start, len(order)) if labels[i] != labels[start])
        conflict = (int(order[start]), int(order[other]))
    return Duplicates(int(same.sum()), int(mixed[groups].sum()), conflict)


def overlap(keys: np.ndarray, others: np.ndarray) -> int:
    """Return how many rows of `others` also occur in the first set."""
    return int(np.isin(others, keys).sum())
