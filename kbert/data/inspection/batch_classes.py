"""Which classes each batch contains."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, lgamma

import numpy as np


@dataclass(frozen=True)
class BatchClasses:
    """How many rows of each class each batch contains; zeros are not stored.

    With tens of thousands of classes a table of batches and classes would take gigabytes.

    Args:
        sizes: int array [batches]. Rows of each batch.
        totals: int array [classes]. Rows of each class in all batches.
        batches: int array [entries]. The batch of each entry, in ascending order.
        classes: int array [entries]. Its class.
        counts: int array [entries]. How many rows of the class the batch contains, 1 or more.
    """

    sizes: np.ndarray
    totals: np.ndarray
    batches: np.ndarray
    classes: np.ndarray
    counts: np.ndarray

    @classmethod
    def from_labels(cls, batches: Iterable[np.ndarray], classes: int) -> "BatchClasses":
        """Count the classes of batches.

        Args:
            batches: int arrays. The class numbers of the rows of each batch.
            classes: int.
        """
        label_ids = [np.zeros(0, np.int64), *batches]
        sizes = np.array([len(ids) for ids in label_ids[1:]], np.int64)
        places = np.repeat(np.arange(len(sizes)), sizes) * classes + np.concatenate(label_ids)
        entries, counts = np.unique(places, return_counts=True)
        return cls(
            sizes=sizes,
            totals=np.bincount(np.concatenate(label_ids), minlength=classes),
            batches=entries // max(classes, 1),
            classes=entries % max(classes, 1),
            counts=counts,
        )

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def present(self) -> np.ndarray:
        """How many classes each batch contains, an int array [batches]."""
        return np.bincount(self.batches, minlength=len(self))

    def table(self) -> np.ndarray:
        """Return the rows of each class in each batch, an int array [batches, classes]."""
        table = np.zeros((len(self), len(self.totals)), np.int64)
        table[self.batches, self.classes] = self.counts
        return table

    def distances(self) -> np.ndarray:
        """Return how far the class shares of each batch are from those of all rows.

        It is half the sum of the differences (total variation, 0 to 1), a float array [batches].
        """
        overall = self.totals / self.totals.sum()
        shares = self.counts / self.sizes[self.batches]
        # A class that a batch lacks differs by its whole share.
        more = np.abs(shares - overall[self.classes]) - overall[self.classes]
        return 0.5 * (1 + np.bincount(self.batches, more, minlength=len(self)))


def single_class_share(found: BatchClasses) -> tuple[float, float]:
    """Return the share of batches with a single class, and the share expected by chance.

    In batches drawn at random from all the rows counted, the expected share is the sum over classes
    of p ** rows. Batches of one row are not counted.
    """
    several = found.sizes > 1
    if not several.any():
        return 0.0, 0.0
    inside = several[found.batches]
    totals = np.bincount(found.classes[inside], found.counts[inside], minlength=len(found.totals))
    shares = totals / totals.sum()
    sizes, batches = np.unique(found.sizes[several], return_counts=True)
    expected = np.average([np.sum(shares**size) for size in sizes], weights=batches)
    return float(np.mean(found.present[several] == 1)), float(expected)


def classes_per_batch(found: BatchClasses) -> tuple[float, float]:
    """Return how many classes a batch contains on average, and how many by chance.

    In a random order of all n rows, a batch of b rows lacks a class of c rows with the probability
    C(n - c, b) / C(n, b).
    """
    rows = int(found.totals.sum())
    totals, classes = np.unique(found.totals, return_counts=True)
    sizes, batches = np.unique(found.sizes, return_counts=True)
    expected = [
        sum(
            n * (1 - _chance_of_none(c, size, rows))
            for c, n in zip(totals.tolist(), classes.tolist(), strict=True)
        )
        for size in sizes.tolist()
    ]
    return float(found.present.mean()), float(np.average(expected, weights=batches))


def _chance_of_none(of_class: int, drawn: int, rows: int) -> float:
    """Return the probability that none of the rows drawn is of the class."""
    others = rows - of_class
    if drawn > others:
        return 0.0
    return exp(
        lgamma(others + 1)
        + lgamma(rows - drawn + 1)
        - lgamma(others - drawn + 1)
        - lgamma(rows + 1)
    )
