"""Which classes are predicted as which, drawn."""

from collections.abc import Sequence

import numpy as np

from kbert.findings import worded
from kbert.reports.matrix_chart import matrix_chart
from kbert.reports.svg import Svg

MOST_DRAWN = 20  # classes; a matrix of more cannot be read


def confusion_chart(matrix: np.ndarray, names: Sequence[str]) -> Svg:
    """Draw which classes are taken for which; if there are more than 20, the most confused ones.

    Args:
        matrix: int array [labels, labels]. How many rows of each class are taken for which.
        names: sequence of str. The labels.
    """
    if len(names) <= MOST_DRAWN:
        return matrix_chart(matrix, names, title=worded("Which classes are predicted as which"))
    wrong = matrix - np.diag(np.diag(matrix))
    confused = wrong.sum(axis=0) + wrong.sum(axis=1)
    drawn = np.sort(np.argsort(-confused, kind="stable")[:MOST_DRAWN])
    title = worded(
        "The {drawn} most confused of {classes:,} classes", drawn=MOST_DRAWN, classes=len(names)
    )
    return matrix_chart(matrix[np.ix_(drawn, drawn)], [names[at] for at in drawn], title=title)
