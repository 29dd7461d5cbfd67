"""Whether a model is better than an answer that needs no text."""

from kbert.findings import Cure, Finding, Option
from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.largest_class import largest_class_finding
from kbert.results.masked_evaluation import MaskedEvaluation
from kbert.results.multi_evaluation import MultiEvaluation

_MIN_ROWS = 50
_CURE = Cure(
    note="more {epochs}, or a {rate} of 2e-5 to 5e-5; if that does not help, check whether the "
    "labels belong to the texts",
    values={"epochs": Option("epochs"), "rate": Option("learning_rate")},
)


def no_better_than_frequencies(record: EvaluationRecord, unigram_loss: float) -> Finding | None:
    """Return the finding that masked tokens are predicted no better than by their frequencies.

    Args:
        record: EvaluationRecord. The best of a pretraining run.
        unigram_loss: float. The masked loss of the frequencies; NaN if it is not known.
    """
    name, scores = next(iter(record.scores.items()))
    assert isinstance(scores, MaskedEvaluation)
    if scores.predictions < _MIN_ROWS or not scores.loss >= unigram_loss:
        return None
    return Finding(
        "no-better-than-frequencies",
        "warning",
        "The model predicts masked tokens no better than the frequencies of the tokens do: at its "
        "best, in {when}, its masked loss on {name} is {loss:.4f}, and theirs {unigram:.4f}.",
        Cure(
            note="more {epochs}, more texts or a {rate} of 1e-4; and pretrained weights",
            values={"epochs": Option("epochs"), "rate": Option("learning_rate")},
        ),
        {"when": record.when, "name": name, "loss": scores.loss, "unigram": unigram_loss},
    )


def no_better_finding(record: EvaluationRecord) -> Finding | None:
    """Return the finding that a model is no better than an answer that needs no text.

    For one class, that answer is the largest class; for several labels, chance; for numbers, their
    mean.

    Args:
        record: EvaluationRecord. The best of a run.
    """
    name, scores = next(iter(record.scores.items()))
    if isinstance(scores, Evaluation):
        return largest_class_finding(name, scores, record.when)
    if isinstance(scores, MaskedEvaluation) or scores.rows < _MIN_ROWS:
        return None
    values = {"name": name, "when": record.when}
    if isinstance(scores, MultiEvaluation):
        if not scores.roc_auc <= 0.5:  # NaN where no label has rows with and without it
            return None
        return Finding(
            "no-better-than-chance",
            "warning",
            "The model finds the labels of {name} no better than chance: at its best, in {when}, "
            "the area under its ROC curves is {roc_auc:.4f}, and that of chance 0.5.",
            _CURE,
            {**values, "roc_auc": scores.roc_auc},
        )
    if scores.r2 > 0:
        return None
    return Finding(
        "no-better-than-mean",
        "warning",
        "The model is no better than always answering the mean: at its best, in {when}, its R2 on "
        "{name} is {r2:.4f}.",
        _CURE,
        {**values, "r2": scores.r2},
    )
