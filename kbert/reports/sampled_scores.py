"""The score by which a model is judged, on samples of its rows."""

import numpy as np

from kbert.results.bootstrap import REPEATS, bootstrap_scores
from kbert.results.prediction_table import PredictionTable
from kbert.targets.target import Target


def sampled_scores(table: PredictionTable | None, target: Target, score: str) -> np.ndarray | None:
    """Return a score on samples of the rows of a table; None if it has fewer than two rows.

    Tables with the same number of rows get the same samples, so that their scores on each sample
    are a pair. There are 1,000 samples, or fewer if the score takes long.

    Args:
        table: PredictionTable or None.
        target: Target. What a label is.
        score: str. The name of the score, such as "accuracy".
    """
    if table is None or len(table) < 2:
        return None
    if score == "accuracy" and table.is_of_classes and table.weights is None:
        right = (table.predicted == table.true).astype(float)
        return bootstrap_scores(lambda at: float(right[at].mean()), len(table), REPEATS)
    raw = target.raw(table.outputs)

    def scored(at: np.ndarray) -> float:
        weights = None if table.weights is None else table.weights[at]
        found = target.scores(raw[at], table.true[at], table.names, weights)
        return float(getattr(found, score))

    return bootstrap_scores(scored, len(table), min(200, max(50, 200_000 // len(table))))
