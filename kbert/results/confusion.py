"""Which classes are taken for which."""

import csv
import io
from dataclasses import dataclass

import numpy as np

from kbert.results.prediction_table import PredictionTable

MAX_CLASSES = 1000
"""Of which a table of classes and classes can be read, and fits in memory."""


@dataclass(frozen=True)
class Confusion:
    """Rows of one class that are taken for another.

    Args:
        label: str.
        predicted: str.
        rows: int.
        share: float. Their share of the rows of `label`.
    """

    label: str
    predicted: str
    rows: int
    share: float


def confusions(table: PredictionTable) -> tuple[Confusion, ...]:
    """Return which classes are taken for which others, the most frequent confusion first.

    Args:
        table: PredictionTable, whose rows are of one class each.
    """
    wrong = table.predicted != table.true
    pairs = np.stack([table.true[wrong], table.predicted[wrong]], axis=1)
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    totals = np.bincount(table.true, minlength=len(table.names))
    order = np.argsort(-counts, kind="stable")
    return tuple(
        Confusion(
            label=table.names[label],
            predicted=table.names[predicted],
            rows=int(counts[at]),
            share=float(counts[at] / totals[label]),
        )
        for at in order
        for label, predicted in [found[at]]
    )


def confusion_matrix(table: PredictionTable) -> np.ndarray | None:
    """Return how many rows of each class [true] are taken for which [predicted].

    Args:
        table: PredictionTable.

    Returns:
        An int array [labels, labels]; None where a row is not of one class, or there are more than
        `MAX_CLASSES`.
    """
    classes = len(table.names)
    if not table.is_of_classes or classes > MAX_CLASSES:
        return None
    cells = table.true * classes + table.predicted
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def confusion_table(table: PredictionTable) -> str | None:
    """Return the matrix as a file has it: a line for each class of the rows; None without one."""
    matrix = confusion_matrix(table)
    if matrix is None:
        return None
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["label", *(f"predicted({name})" for name in table.names)])
    lines.writerows([name, *row] for name, row in zip(table.names, matrix.tolist(), strict=True))
    return text.getvalue()
