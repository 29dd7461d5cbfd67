"""Labels that are probably wrong."""

import numpy as np

from kbert.results.prediction_table import PredictionTable


def doubtful_labels(table: PredictionTable) -> np.ndarray:
    """Return the positions of rows whose label is probably wrong, the most doubtful first.

    A row with one class is one of these if the probability of another class is at least the mean
    probability of that class in its own rows:

        threshold[class] = mean(probability[rows of class, class])
        margin           = probability[label] - max(probability)

    The row with the lowest margin is the most doubtful. If rows have several labels, each label is
    judged separately, with two classes: to have it or not. A row is then ranked by its most
    doubtful label.

    The probabilities must come from models that were not trained on the rows.

    Args:
        table: PredictionTable of probabilities. Its rows have one class each, or 1 or 0 for each
            label.

    Source: C. Northcutt et al., "Confident Learning: Estimating Uncertainty in Dataset Labels",
    2021, section 3.1; ranked by normalized margin, 3.3.

    Example:

    ```python
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.95, 0.05]])
    table = PredictionTable(("no", "yes"), {}, np.array([0, 0, 1, 1]), shares)
    assert doubtful_labels(table).tolist() == [3]
    ```
    """
    shares = table.outputs.astype(np.float64)
    if table.is_of_classes:
        margins = _margins(shares, table.true)
    else:
        has = (table.true > 0).astype(int)
        each = (
            _margins(np.stack([1 - share, share], axis=1), of_label)
            for share, of_label in zip(shares.T, has.T, strict=True)
        )
        margins = np.min(list(each), axis=0)
    doubtful = np.flatnonzero(np.isfinite(margins))
    return doubtful[np.argsort(margins[doubtful], kind="stable")]


def _margins(shares: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the margin of each row whose class is doubtful, and infinity for the others."""
    classes, own = shares.shape[1], np.arange(len(true))
    of_label = shares[own, true]
    counts = np.bincount(true, minlength=classes)
    thresholds = np.bincount(true, of_label, classes) / np.maximum(counts, 1)
    thresholds[counts == 0] = np.inf  # a class without rows makes no label doubtful
    confident = shares >= thresholds - 1e-6
    several = confident.sum(axis=1) > 1
    guess = np.where(several, shares.argmax(axis=1), confident.argmax(axis=1))
    is_doubtful = confident.any(axis=1) & (guess != true)
    return np.where(is_doubtful, of_label - shares.max(axis=1), np.inf)
