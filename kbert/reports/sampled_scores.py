"""The score by which a run is judged, on samples of its rows."""

from typing import TYPE_CHECKING

import numpy as np

from kbert.results.bootstrap import REPEATS, bootstrap_scores

if TYPE_CHECKING:
    from kbert.reports.run_report import RunReport


def sampled_scores(report: "RunReport") -> np.ndarray | None:
    """Return the score by which a run is judged, on samples of its rows; None where it has no two.

    Runs of as many rows get the same samples, so that their scores on each are a pair. There are
    1,000, and fewer where the score takes long.
    """
    table, score = report.predictions, report.score
    if table is None or len(table) < 2:
        return None
    if score == "accuracy" and table.is_of_classes and table.weights is None:
        right = (table.predicted == table.true).astype(float)
        return bootstrap_scores(lambda at: float(right[at].mean()), len(table), REPEATS)
    raw = report.target.raw(table.outputs)

    def scored(at: np.ndarray) -> float:
        weights = None if table.weights is None else table.weights[at]
        found = report.target.scores(raw[at], table.true[at], table.names, weights)
        return float(getattr(found, score))

    return bootstrap_scores(scored, len(table), min(200, max(50, 200_000 // len(table))))
