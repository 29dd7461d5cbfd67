"""Chooses the rows to set aside for evaluation, the same share of each class."""

from collections.abc import Sequence

import numpy as np

from kbert.data.epoch_order import permutation
from kbert.data.reading.split_units import SplitUnits

SPLIT_VERSION = 2  # recorded in run.json; a run without the record was split by row


def split_by_row(label_ids: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return which rows kbert 0.1 set aside; it does not keep equal texts together.

    Args:
        label_ids: int array [rows].
        share: float. The share of each class to set aside.
        seed: int.
    """
    order = permutation(np.random.PCG64(np.random.SeedSequence(seed)), len(label_ids))
    by_class = order[np.argsort(label_ids[order], kind="stable")]
    counts = np.bincount(label_ids)
    # Python's and NumPy's rounding agree: a half goes to the even number.
    wanted = np.minimum(np.maximum(np.rint(counts * share).astype(int), 1), counts - 1)
    places = np.arange(len(label_ids)) - np.repeat(np.cumsum(counts) - counts, counts)
    in_dev = np.zeros(len(label_ids), bool)
    in_dev[by_class] = places < np.repeat(wanted, counts)
    return in_dev


def split_by_text(units: SplitUnits, strata: np.ndarray, share: float) -> np.ndarray:
    """Return which rows to set aside, so that the rows of a unit are on the same side.

    Units are visited in the order of their marks, so which texts are set aside does not depend on
    the order of the rows. A unit is set aside if each of its classes still lacks at least as many
    rows as the unit has of it. If only larger units are left for a class, one of them is set aside
    if that brings the class nearer to its share.

    Args:
        units: SplitUnits.
        strata: int array [rows], 0 or more. The class of each row.
        share: float. The share of each class to set aside.
    """
    classes = int(strata.max(initial=-1)) + 1
    cells, rows = np.unique(units.of_rows * classes + strata, return_counts=True)
    chosen = _Choice(cells // classes, cells % classes, rows, classes, share)
    chosen.fill(np.argsort(units.marks, kind="stable").tolist())
    return np.array(chosen.in_dev, bool)[units.of_rows]


def _wanted(rows: int, share: float) -> int:
    """Return how many of a class's rows to set aside: at least one, and not all."""
    return min(max(round(rows * share), 1), rows - 1)


class _Choice:
    """The groups that are set aside so far, and how many rows each class still lacks.

    `rows` holds the number of rows of each pair in `group` and `label`, sorted by group.
    """

    def __init__(
        self, group: np.ndarray, label: np.ndarray, rows: np.ndarray, classes: int, share: float
    ) -> None:
        groups = int(group.max(initial=-1)) + 1
        totals = np.bincount(label, rows, classes).astype(int).tolist()
        self.in_dev = [False] * groups
        self.lacking = [_wanted(n, share) if n > 1 else 0 for n in totals]
        self.in_training = totals
        self.is_empty = [True] * classes
        self.label, self.rows = label.tolist(), rows.tolist()
        self.starts = np.searchsorted(group, np.arange(groups + 1)).tolist()

    def fill(self, order: Sequence[int]) -> None:
        """Set groups aside, in this order."""
        left = sum(self.lacking)
        for group in order:
            if left == 0:
                break
            parts = self._parts(group)
            if all(rows <= self.lacking[label] for label, rows in parts):
                left -= self._take(group)
        for label, groups in self._larger(order).items():
            self._approach(label, groups)

    def _larger(self, order: Sequence[int]) -> dict[int, list[int]]:
        """Return the remaining groups of each class that still lacks rows."""
        found: dict[int, list[int]] = {n: [] for n, rows in enumerate(self.lacking) if rows > 0}
        for group in order if found else ():
            if not self.in_dev[group]:
                for label, _ in self._parts(group):
                    if label in found:
                        found[label].append(group)
        return found

    def _parts(self, group: int) -> list[tuple[int, int]]:
        span = slice(self.starts[group], self.starts[group + 1])
        return list(zip(self.label[span], self.rows[span], strict=True))

    def _take(self, group: int) -> int:
        self.in_dev[group] = True
        for label, rows in self._parts(group):
            self.lacking[label] -= rows
            self.in_training[label] -= rows
            self.is_empty[label] = False
        return sum(rows for _, rows in self._parts(group))

    def _approach(self, label: int, groups: Sequence[int]) -> None:
        """Set aside the larger group that brings the class nearest to its share, if any does."""
        best, most = None, float("-inf") if self.is_empty[label] else 0.0
        for group in groups:
            parts = self._parts(group)
            if self.in_dev[group] or any(self.in_training[other] <= n for other, n in parts):
                continue  # a class would have nothing left to be trained on
            gain = sum(abs(self.lacking[c]) - abs(self.lacking[c] - n) for c, n in parts)
            if gain > most:
                best, most = group, gain
        if best is not None:
            self._take(best)
