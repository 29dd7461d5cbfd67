"""The scores of the folds of a cross-validation: their means and standard deviations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

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
    width = max(8, *(len(score_name(score)) for of_set in scores.values() for score in of_set))
    for name, of_set in scores.items():
        lines.append(f"{name:<{width + 2}}     mean  deviation  folds")
        for score, found in of_set.items():
            spread = f"{found.mean:>7.4f}  {found.deviation:>9.4f}"
            folds = "  ".join(f"{value:.4f}" for value in found.folds)
            lines.append(f"  {score_name(score):<{width}}  {spread}  {folds}")
    return "\n".join(lines)


def scores_to_dict(scores: Mapping[str, Mapping[str, FoldScore]]) -> dict[str, Any]:
    """Return the scores as plain data."""
    return {
        name: {score: asdict(found) for score, found in of_set.items()}
        for name, of_set in scores.items()
    }
