"""The scores of an evaluation, whatever the labels are."""

from collections.abc import Mapping
from typing import Any

from kbert.results.evaluation import Evaluation
from kbert.results.multi_evaluation import MultiEvaluation
from kbert.results.regression_evaluation import RegressionEvaluation

Scores = Evaluation | MultiEvaluation | RegressionEvaluation

_CLASSES: dict[str, type[Scores]] = {
    "multi": MultiEvaluation,
    "regression": RegressionEvaluation,
}


def scores_from_dict(values: Mapping[str, Any]) -> Scores:
    """Return the scores that `to_dict` of any of the classes described."""
    return _CLASSES.get(values.get("target", ""), Evaluation).from_dict(dict(values))


def is_better_lower(score: str) -> bool:
    """Whether less of a score is better, as of an error."""
    return score in ("loss", "rmse", "mae")
