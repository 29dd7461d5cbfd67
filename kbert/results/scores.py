"""The scores of an evaluation, whatever the labels are."""

from collections.abc import Mapping
from typing import Any

from kbert.findings import Message
from kbert.results.evaluation import Evaluation
from kbert.results.masked_evaluation import MaskedEvaluation
from kbert.results.multi_evaluation import MultiEvaluation
from kbert.results.ordered_evaluation import OrderedEvaluation
from kbert.results.regression_evaluation import RegressionEvaluation

# An OrderedEvaluation is an Evaluation too.
Scores = Evaluation | MultiEvaluation | RegressionEvaluation | MaskedEvaluation

_CLASSES: dict[str, type[Scores]] = {
    "multi": MultiEvaluation,
    "masked": MaskedEvaluation,
    "regression": RegressionEvaluation,
    "ordered": OrderedEvaluation,
}


def scores_from_dict(values: Mapping[str, Any]) -> Scores:
    """Return the scores that `to_dict` of any of the classes described."""
    return _CLASSES.get(values.get("target", ""), Evaluation).from_dict(dict(values))


_NAMES = {
    "macro_f1": Message("macro F1"),
    "micro_f1": Message("micro F1"),
    "sample_f1": Message("F1 by row"),
    "average_precision": Message("average precision"),
    "roc_auc": Message("ROC AUC"),
    "subset_accuracy": Message("all labels right"),
    "accuracy": Message("accuracy"),
    "loss": Message("loss"),
    "mcc": "MCC",
    "pearson": Message("Pearson correlation"),
    "spearman": Message("Spearman correlation"),
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R2",
}


def score_name(score: str) -> str:
    """Return what a score is called in a sentence."""
    return str(_NAMES.get(score, score))


def is_better_lower(score: str) -> bool:
    """Whether a lower score is better, as for an error."""
    return score in ("loss", "rmse", "mae")
