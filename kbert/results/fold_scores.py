"""The scores of the folds of a cross-validation: their means and standard deviations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kbert.display import cells, padded, table
from kbert.findings import worded
from kbert.results.scores import Scores, score_name


@dataclass(frozen=True)
class FoldScore:
    """A score of a set, by fold.

    Args:
        mean: float. The mean of the folds.
        deviation: float. Their sample standard deviation, `sqrt(sum((x - mean)^2) / (k - 1))`.
        folds: tuple of float, the score of each fold.
    """

    mean: float
    deviation: float
    folds: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> "FoldScore":
        """Return the score of some folds.

        Example:

        ```python
        assert FoldScore.of([0.5, 0.7]).mean == 0.6
        ```
        """
        folds = tuple(map(float, values))
        deviation = float(np.std(folds, ddof=1)) if len(folds) > 1 else math.nan
        return cls(float(np.mean(folds)), deviation, folds)


def fold_scores(sets: Mapping[str, Sequence[Scores]]) -> dict[str, dict[str, FoldScore]]:
    """Return each score of each set, given the set's evaluation of each fold."""
    return {
        name: {
            score: FoldScore.of([getattr(evaluation, score) for evaluation in evaluations])
            for score in evaluations[0].monitors
        }
        for name, evaluations in sets.items()
    }


def scores_table(scores: Mapping[str, Mapping[str, FoldScore]]) -> str:
    """Return the scores as a table: a line for each score of each set."""
    lines = []
    names = [score_name(score) for of_set in scores.values() for score in of_set]
    width = max(8, *map(cells, names))
    columns = (worded("mean"), worded("deviation"), worded("folds"))
    for name, of_set in scores.items():
        rows: list[tuple[str, ...]] = [(padded(name, width), *columns)]
        for score, found in of_set.items():
            folds = "  ".join(f"{value:.4f}" for value in found.folds)
            mean, deviation = f"{found.mean:>7.4f}", f"{found.deviation:>9.4f}"
            rows.append((f"  {score_name(score)}", mean, deviation, folds))
        lines.append(table(rows, indent="", left=(0, 3)))
    return "\n".join(lines)


def scores_to_dict(scores: Mapping[str, Mapping[str, FoldScore]]) -> dict[str, Any]:
    """Return the scores as plain data."""
    return {
        name: {score: asdict(found) for score, found in of_set.items()}
        for name, of_set in scores.items()
    }
