"""Which classes are taken for which, drawn."""

from collections.abc import Sequence

import numpy as np

from kbert.reports.matrix_chart import matrix_chart
from kbert.reports.svg import Svg

MOST_DRAWN = 20  # classes of which a matrix can be read


def confusion_chart(matrix: np.ndarray, names: Sequence[str]) -> Svg:
    """Draw which classes are taken for which; of more than 20, those that are confused most.

    Args:
        matrix: int array [labels, labels]. How many rows of each class are taken for which.
        names: sequence of str. The labels.
    """
    if len(names) <= MOST_DRAWN:
        return matrix_chart(matrix, names, title="Which classes are taken for which")
    wrong = matrix - np.diag(np.diag(matrix))
    confused = wrong.sum(axis=0) + wrong.sum(axis=1)
    drawn = np.sort(np.argsort(-confused, kind="stable")[:MOST_DRAWN])
    title = f"The {MOST_DRAWN} most confused of {len(names):,} classes"
    return matrix_chart(matrix[np.ix_(drawn, drawn)], [names[at] for at in drawn], title=title)
