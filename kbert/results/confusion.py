"""Which classes are mistaken for which others."""

from dataclasses import dataclass

import numpy as np

from kbert.results.prediction_table import PredictionTable
from kbert.utils.csv_text import csv_text

MAX_CLASSES = 1000
"""The maximum number of classes for a confusion matrix that can be read and fits in memory."""


@dataclass(frozen=True)
class Confusion:
    """Rows of one class that are mistaken for another.

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
    """Return which classes are mistaken for which others, the most frequent confusion first.

    Args:
        table: PredictionTable, whose rows have one class each.
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
    """Return how many rows of each class are predicted as each class [true, predicted].

    Args:
        table: PredictionTable.

    Returns:
        An int array [labels, labels]; None if rows do not have one class each, or there are more
        than `MAX_CLASSES` classes.
    """
    classes = len(table.names)
    if not table.is_of_classes or classes > MAX_CLASSES:
        return None
    cells = table.true * classes + table.predicted
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def confusion_table(table: PredictionTable) -> str | None:
    """Return the matrix as the text of a file, a line per true class; None if there is none."""
    matrix = confusion_matrix(table)
    if matrix is None:
        return None
    header = ["label", *(f"predicted({name})" for name in table.names)]
    rows = ([name, *row] for name, row in zip(table.names, matrix.tolist(), strict=True))
    return csv_text([header, *rows])
