"""Whether rows are in a random order, or sorted or clustered by class."""

from dataclasses import dataclass

import numpy as np

from kbert.data.inspection.shuffle_buffer import simulate_shuffle_buffer

SHUFFLE_BUFFER = 100  # as in run_classifier.py, and many tutorials after it
_BATCH = 32
_TAIL = 0.1  # the share that `validation_split=0.1` takes from the end


@dataclass(frozen=True)
class ClassOrder:
    """How the classes follow one another in a file.

    A *run* is a stretch of rows of one class. For rows in a random order, n_i of class i and n in
    total, the number R of runs has

        mean      1 + (n - 1) * (1 - sum(n_i * (n_i - 1)) / (n * (n - 1)))
        variance  (S2 * (S2 + n * (n + 1)) - 2 * n * S3 - n ** 3) / (n ** 2 * (n - 1))

    where S2 = sum(n_i ** 2) and S3 = sum(n_i ** 3).

    Args:
        runs: int. R.
        expected_runs: float. Its mean in a random order.
        z: float. (R - mean) / standard deviation; far below 0 when classes are clustered.
        classes: int. Classes that occur.
        batch_classes: float. Classes in a batch of 32 on average, in file order.
        batch_classes_buffered: float. The same through a shuffle buffer of 100.
        batch_classes_by_chance: float. The same in a random order.
        tail_classes: int. Classes that occur in the last tenth of the rows.
        expected_tail_classes: float. The same in a random order.
        least_tail_classes: float. Three standard deviations and half a class below that.

    Source: A. M. Mood, "The distribution theory of runs", 1940.
    """

    runs: int
    expected_runs: float
    z: float
    classes: int
    batch_classes: float
    batch_classes_buffered: float
    batch_classes_by_chance: float
    tail_classes: int
    expected_tail_classes: float
    least_tail_classes: float

    @property
    def is_sorted(self) -> bool:
        """Whether the rows are sorted by class, or nine tenths of the way from random to sorted."""
        most = self.classes + 0.1 * (self.expected_runs - self.classes)
        return self.is_clustered and self.runs <= most

    @property
    def is_clustered(self) -> bool:
        """Whether rows of the same class are adjacent more often than chance allows."""
        return self.z < -6 and self.runs < 0.9 * self.expected_runs

    @property
    def tail_lacks_classes(self) -> bool:
        """Whether a development set cut from the end would lack classes."""
        return self.tail_classes < self.least_tail_classes


def class_order(label_ids: np.ndarray) -> ClassOrder:
    """Return how the classes of rows follow one another.

    Args:
        label_ids: int array [rows].
    """
    n = len(label_ids)
    sizes = np.bincount(label_ids)
    sizes = sizes[sizes > 0].astype(np.float64)
    runs = 1 + int(np.count_nonzero(np.diff(label_ids)))
    mean, variance = 1.0, 0.0
    if n > 1:
        mean = 1 + (n - 1) * (1 - float(np.sum(sizes * (sizes - 1))) / (n * (n - 1)))
        squares, cubes = float(np.sum(sizes**2)), float(np.sum(sizes**3))
        variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3) / (n**2 * (n - 1))
    in_file_order = simulate_shuffle_buffer(label_ids, 1, _BATCH)
    buffered = simulate_shuffle_buffer(label_ids, SHUFFLE_BUFFER, _BATCH)
    tail = max(round(n * _TAIL), 1)
    absent = (1 - _TAIL) ** sizes  # the chance that a class is absent from a random tail
    return ClassOrder(
        runs=runs,
        expected_runs=mean,
        z=(runs - mean) / variance**0.5 if variance > 0 else 0.0,
        classes=len(sizes),
        batch_classes=in_file_order.classes,
        batch_classes_buffered=buffered.classes,
        batch_classes_by_chance=in_file_order.classes_by_chance,
        tail_classes=len(np.unique(label_ids[-tail:])),
        expected_tail_classes=float(np.sum(1 - absent)),
        least_tail_classes=float(
            np.sum(1 - absent) - 3 * np.sqrt(np.sum(absent * (1 - absent))) - 0.5
        ),
    )
