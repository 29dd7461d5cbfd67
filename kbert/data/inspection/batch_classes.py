"""Which classes each batch contains."""

from collections.abc import Iterable

import numpy as np


def class_counts(label_ids: np.ndarray, batches: Iterable[np.ndarray], classes: int) -> np.ndarray:
    """Return how many rows of each class each batch contains, an int array [batches, classes].

    Args:
        label_ids: int array [rows].
        batches: the row numbers of each batch.
        classes: int.
    """
    return np.array([np.bincount(label_ids[rows], minlength=classes) for rows in batches])


def single_class_share(counts: np.ndarray) -> tuple[float, float]:
    """Return the share of batches with a single class, and the share expected by chance.

    By chance, in batches drawn at random from all the rows counted, it is the sum over classes of
    p ** rows.

    Args:
        counts: int array [batches, classes].
    """
    sizes = counts.sum(axis=1)
    counts = counts[sizes > 1]
    if len(counts) == 0:
        return 0.0, 0.0
    sizes = counts.sum(axis=1)
    shares = counts.sum(axis=0) / counts.sum()
    expected = np.mean([np.sum(shares**size) for size in sizes])
    return float(np.mean((counts > 0).sum(axis=1) == 1)), float(expected)


def classes_per_batch(counts: np.ndarray) -> tuple[float, float]:
    """Return how many classes a batch contains on average, and how many by chance.

    By chance, the probability that a batch contains a class of share p is 1 - (1 - p) ** rows.

    Args:
        counts: int array [batches, classes].
    """
    shares = counts.sum(axis=0) / counts.sum()
    expected = [np.sum(1 - (1 - shares) ** size) for size in counts.sum(axis=1)]
    return float((counts > 0).sum(axis=1).mean()), float(np.mean(expected))
