"""What a shuffle buffer, as in `tf.data`, does to the classes of a file."""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kbert.data.epoch_order import given_order
from kbert.data.inspection.batch_classes import (
    BatchClasses,
    classes_per_batch,
    single_class_share,
)
from kbert.data.inspection.philox import philox
from kbert.errors import InputError
from kbert.findings import Option
from kbert.utils.cell_values import describe
from kbert.utils.counts import check_count

# The first seed of tf.data.Dataset.shuffle(seed=...) in a program that sets no global seed.
_TF_GRAPH_SEED = 87654321
TOLERANCE = 1.1  # times the unevenness of a full shuffle


@dataclass(frozen=True)
class ShuffledBatches:
    """Batches that come out of a shuffle buffer.

    Args:
        found: BatchClasses. Rows of each class in each batch.
        single_class: float. The share of batches with a single class.
        by_chance: float. That share in a full shuffle.
        classes: float. Classes in a batch, on average.
        classes_by_chance: float. That average in a full shuffle.
        unevenness: float. Mean distance (total variation, 0 to 1) between the class shares of a
            batch and those of all rows.
        standard_error: float. The standard error of that mean.
    """

    found: BatchClasses
    single_class: float
    by_chance: float
    classes: float
    classes_by_chance: float
    unevenness: float
    standard_error: float

    @classmethod
    def of(cls, batches: Iterable[np.ndarray], classes: int) -> "ShuffledBatches":
        """Return the statistics of batches.

        Args:
            batches: int arrays. The class numbers of the rows of each batch.
            classes: int.
        """
        found = BatchClasses.from_labels(batches, classes)
        single, chance = single_class_share(found)
        present, present_by_chance = classes_per_batch(found)
        distance = found.distances()
        return cls(
            found=found,
            single_class=single,
            by_chance=chance,
            classes=present,
            classes_by_chance=present_by_chance,
            unevenness=float(distance.mean()),
            standard_error=float(distance.std() / len(distance) ** 0.5),
        )

    @property
    def max_unevenness(self) -> float:
        """The unevenness up to which batches are about as even: full shuffles vary by seed."""
        return self.unevenness * TOLERANCE + 3 * self.standard_error

    @property
    def counts(self) -> np.ndarray:
        """Rows of each class in each batch, an int array [batches, classes]."""
        return self.found.table()


def shuffle_buffer_order(rows: int, buffer_size: int, seed: int = 0) -> np.ndarray:
    """Return the order in which `tf.data` yields rows through a shuffle buffer.

    The buffer is filled with the first rows; each row is drawn from it at random, and the next row
    of the file takes its place. The order is bit for bit that of

        tf.data.Dataset.range(rows).shuffle(buffer_size, seed=seed, reshuffle_each_iteration=False)

    Args:
        rows: int.
        buffer_size: int. 1 keeps the order; `rows` is a full shuffle.
        seed: int. Defaults to 0.

    Source: `shuffle_dataset_op.cc` and `philox_random.h` of TensorFlow.
    """
    check_count("buffer_size", buffer_size)
    size = min(buffer_size, rows)
    buffer = list(range(size))
    order = np.empty(rows, np.int64)
    for place, number in enumerate(philox(_TF_GRAPH_SEED, seed % (2**31 - 1), rows).tolist()):
        held = min(size, rows - place)
        first = place % size  # where the ring of rows in the buffer begins
        at = (place + number % held) % size
        order[place] = buffer[at]
        buffer[at] = buffer[first]
        if place + size < rows:
            buffer[first] = place + size
    return order


def simulate_shuffle_buffer(
    label_ids: np.ndarray, buffer_size: int, batch_size: int, seed: int = 0
) -> ShuffledBatches:
    """Return the classes in every batch that comes out of a `tf.data` shuffle buffer.

    Args:
        label_ids: int array [rows], in the order of the file.
        buffer_size: int. As in `tf.data.Dataset.shuffle`; google-research/bert uses 100.
        batch_size: int.
        seed: int. Defaults to 0.

    Example:

    ```python
    labels = np.repeat([0, 1], 1000)  # sorted by class
    assert simulate_shuffle_buffer(labels, 100, 32).single_class > 0.8
    assert simulate_shuffle_buffer(labels, 2000, 32).single_class == 0.0
    ```
    """
    label_ids = np.asarray(label_ids)
    is_numbers = label_ids.ndim == 1 and label_ids.dtype.kind in "iu" and len(label_ids) > 0
    if not is_numbers or label_ids.min() < 0:
        raise InputError(
            "{option} must be the class numbers of the rows, from 0, such as those of "
            "read_examples(...). Received: {shown}",
            option=Option("label_ids"),
            shown=describe(label_ids).shown,
        )
    check_count("batch_size", batch_size)
    shuffled = label_ids[shuffle_buffer_order(len(label_ids), buffer_size, seed)]
    batches = given_order(len(shuffled), batch_size)
    return ShuffledBatches.of((shuffled[rows] for rows in batches), int(label_ids.max()) + 1)


def recommend_shuffle_buffer(label_ids: np.ndarray, batch_size: int = 32) -> int:
    """Return the smallest buffer whose batches are about as mixed as those of a full shuffle.

    Buffers of 1, 2, 4, ... times the batch size are simulated, up to all rows.

    Args:
        label_ids: int array [rows], in the order of the file.
        batch_size: int. Defaults to 32.

    Example:

    ```python
    assert recommend_shuffle_buffer(np.repeat([0, 1], 1000)) > 1000
    ```
    """
    check_count("batch_size", batch_size)
    rows = len(label_ids)
    sizes = []
    size = batch_size
    while size < rows:
        sizes.append(size)
        size *= 2
    sizes.append(rows)
    max_unevenness = simulate_shuffle_buffer(label_ids, rows, batch_size).max_unevenness

    def mixes(size: int) -> bool:
        found = simulate_shuffle_buffer(label_ids, size, batch_size)
        return found.unevenness <= max_unevenness

    # The larger the buffer, the better it mixes, so bisection finds the first that is enough.
    return sizes[bisect.bisect_left(sizes[:-1], True, key=mixes)]
