"""Which fold of a cross-validation each row belongs to."""

from typing import Any

import numpy as np

from kbert.data.reading.split_units import SplitUnits
from kbert.errors import InputError
from kbert.findings import Option


def fold_numbers(units: SplitUnits, strata: np.ndarray, folds: int) -> np.ndarray:
    """Return the fold of each row, from 0, with the rows of a unit in one fold.

    Units are visited by size, the largest first, and then by their marks, so that the folds do not
    depend on the order of the rows. Each goes to the fold that has the smallest shares of its
    classes' rows so far; among equals, to the fold with the fewest rows.

    Args:
        units: SplitUnits.
        strata: int array [rows], 0 or more. The class of each row.
        folds: int, 2 or more.

    Returns:
        int array [rows].
    """
    classes = int(strata.max(initial=-1)) + 1
    totals = np.bincount(strata, minlength=classes).tolist()
    cells, rows = np.unique(units.of_rows * classes + strata, return_counts=True)
    parts: list[list[tuple[int, int]]] = [[] for _ in units.marks]
    for cell, number in zip(cells.tolist(), rows.tolist(), strict=True):
        parts[cell // classes].append((cell % classes, number))
    sizes = np.bincount(units.of_rows, minlength=len(units.marks))
    held = [[0] * classes for _ in range(folds)]
    held_rows = [0] * folds
    chosen = np.empty(len(units.marks), np.int64)
    for unit in np.lexsort((units.marks, -sizes)).tolist():
        shares = [
            (sum(of[label] * n / totals[label] for label, n in parts[unit]), held_rows[fold], fold)
            for fold, of in enumerate(held)
        ]
        fold = min(shares)[2]
        chosen[unit] = fold
        held_rows[fold] += int(sizes[unit])
        for label, number in parts[unit]:
            held[fold][label] += number
    return chosen[units.of_rows]


def checked_folds(folds: Any, units: SplitUnits) -> int:
    """Return the number of folds, or raise InputError if this many are not possible."""
    most = len(units.marks)
    if isinstance(folds, bool) or not isinstance(folds, int) or not 2 <= folds <= most:
        raise InputError(
            "{option} must be from 2 to {most:,}, the number of different texts or groups. "
            "Received: {folds!r}",
            option=Option("folds"),
            most=most,
            folds=folds,
        )
    return folds
