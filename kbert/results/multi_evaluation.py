"""Scores for texts that can have several labels, or none."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from kbert.display import table
from kbert.errors import InputError
from kbert.findings import Message, Option, worded
from kbert.results.evaluation import ClassScore
from kbert.results.thresholds import BestThresholds
from kbert.utils.wording import count_noun

_COLUMNS = (
    Message("label"),
    Message("precision"),
    Message("recall"),
    Message("F1"),
    Message("rows"),
    Message("threshold"),
)


@dataclass(frozen=True)
class MultiEvaluation:
    """The scores of a model on a set whose texts have several labels.

    A label is predicted if its probability is at least its threshold. Labels that no row has, or
    that all rows have, have no average precision or no area under the ROC curve, and are left out
    of these means.

    Args:
        rows: int. Rows evaluated.
        loss: float. Mean binary cross-entropy per row and label, in nats.
        micro_f1: float, 0 to 1. F1 of all rows and labels together.
        macro_f1: float, 0 to 1. The unweighted mean of the F1 of the labels.
        sample_f1: float, 0 to 1. The mean of the F1 of the rows; 1 for a row without labels for
            which none is predicted.
        average_precision: float, 0 to 1. The unweighted mean of the labels' areas under the
            precision-recall curve.
        roc_auc: float, 0 to 1. The unweighted mean of the labels' areas under the ROC curve; 0.5 is
            chance.
        subset_accuracy: float, 0 to 1. The share of rows for which all their labels are predicted,
            and no others.
        classes: tuple of ClassScore, one per label.
        thresholds: tuple of float, one per label.
        weighted: bool. Whether the scores are means by the rows' weights. Defaults to False: each
            row counts the same.
        best_thresholds: BestThresholds or None. Those that would give each label its best F1 on
            these rows; the other scores are at `thresholds`. Defaults to None: they are not known.
    """

    rows: int
    loss: float
    micro_f1: float
    macro_f1: float
    sample_f1: float
    average_precision: float
    roc_auc: float
    subset_accuracy: float
    classes: tuple[ClassScore, ...]
    thresholds: tuple[float, ...]
    weighted: bool = False
    best_thresholds: BestThresholds | None = None
    monitors: ClassVar[tuple[str, ...]] = (
        "average_precision",  # independent of the thresholds, which the best epoch chooses
        "micro_f1",
        "macro_f1",
        "sample_f1",
        "roc_auc",
        "subset_accuracy",
        "loss",
    )
    """The scores that can decide which epoch is best, the usual one first."""

    @classmethod
    def from_logits(
        cls,
        logits: np.ndarray,
        targets: np.ndarray,
        names: Sequence[str],
        thresholds: Sequence[float] | None = None,
        weights: np.ndarray | None = None,
    ) -> "MultiEvaluation":
        """Return the scores of logits [rows, labels] against the true labels [rows, labels].

        Args:
            logits: float array [rows, labels].
            targets: array [rows, labels] of 0 and 1.
            names: sequence of str. The labels.
            thresholds: sequence of float, or None. The lowest probability with which each label is
                predicted. Defaults to None: 0.5 for all.
            weights: float array [rows] or None. How much each row counts. Defaults to None: all
                count the same.
        """
        from sklearn.metrics import precision_recall_fscore_support

        logits = np.asarray(logits, np.float64)
        true = _checked(targets, logits.shape)
        limits = np.full(len(names), 0.5) if thresholds is None else np.asarray(thresholds)
        shares = sigmoid(logits)
        told = shares >= limits
        # Each column separately: scikit-learn makes two classes of a table with a single label.
        by_label = [
            precision_recall_fscore_support(
                true[:, at],
                told[:, at],
                average="binary",
                zero_division=0.0,
                sample_weight=weights,
            )
            for at in range(len(names))
        ]
        precision, recall, f1, _ = zip(*by_label, strict=True)
        losses = np.logaddexp(0.0, np.where(true, -logits, logits)).mean(axis=1)
        scores = zip(names, precision, recall, f1, true.sum(axis=0), strict=True)
        return cls(
            rows=len(true),
            loss=float(np.average(losses, weights=weights)),
            micro_f1=_micro_f1(true, told, weights),
            macro_f1=float(np.mean(f1)),
            sample_f1=_sample_f1(true, told, weights),
            average_precision=_mean_area("average_precision_score", true, logits, weights),
            roc_auc=_mean_area("roc_auc_score", true, logits, weights),
            subset_accuracy=float(np.average((true == told).all(axis=1), weights=weights)),
            classes=tuple(
                ClassScore(name, float(p), float(r), float(f), int(n))
                for name, p, r, f, n in scores
            ),
            thresholds=tuple(map(float, limits)),
            weighted=weights is not None,
            best_thresholds=BestThresholds.from_shares(shares, true, weights),
        )

    def summary(self) -> str:
        """Return the scores in one line."""
        return worded(
            "micro F1 {micro_f1:.4f}, macro F1 {macro_f1:.4f}, average precision "
            "{average_precision:.4f}, all labels right {subset_accuracy:.4f}, loss {loss:.4f}",
            micro_f1=self.micro_f1,
            macro_f1=self.macro_f1,
            average_precision=self.average_precision,
            subset_accuracy=self.subset_accuracy,
            loss=self.loss,
        )

    def __str__(self) -> str:
        by_weight = worded(", by weight") if self.weighted else ""
        rows = count_noun(self.rows, "row")
        lines = [
            (
                s.label,
                f"{s.precision:.4f}",
                f"{s.recall:.4f}",
                f"{s.f1:.4f}",
                f"{s.rows:>6,}",
                f"{threshold:.4f}",
            )
            for s, threshold in zip(self.classes, self.thresholds, strict=True)
        ]
        head = worded("{rows}: {scores}", rows=f"{rows}{by_weight}", scores=self.summary())
        return f"{head}\n{table([_COLUMNS, *lines])}"

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain data."""
        values = {"target": "multi", **asdict(self)}
        for score in values["classes"]:
            del score["share"]
        if not self.weighted:
            del values["weighted"]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "MultiEvaluation":
        """Return the scores that `to_dict` described."""
        own = {name: value for name, value in values.items() if name != "target"}
        own["classes"] = tuple(ClassScore(**score) for score in values["classes"])
        own["thresholds"] = tuple(values["thresholds"])
        if own.get("best_thresholds") is not None:
            own["best_thresholds"] = BestThresholds.from_dict(own["best_thresholds"])
        return cls(**own)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return the probability of each logit by itself."""
    return np.exp(-np.logaddexp(0.0, -logits))


def _micro_f1(true: np.ndarray, told: np.ndarray, weights: np.ndarray | None) -> float:
    rows = np.ones(len(true)) if weights is None else weights
    both, sizes = rows @ (true & told).sum(axis=1), rows @ (true.sum(axis=1) + told.sum(axis=1))
    return float(2 * both / sizes) if sizes else 0.0


def _sample_f1(true: np.ndarray, told: np.ndarray, weights: np.ndarray | None) -> float:
    """Return the mean F1 of the rows; scikit-learn's has no value for a row without labels."""
    both, sizes = (true & told).sum(axis=1), true.sum(axis=1) + told.sum(axis=1)
    f1 = np.where(sizes == 0, 1.0, 2 * both / np.maximum(sizes, 1))
    return float(np.average(f1, weights=weights))


def _mean_area(
    name: str, true: np.ndarray, logits: np.ndarray, weights: np.ndarray | None
) -> float:
    """Return the mean of a scikit-learn score over the labels that some rows have, but not all."""
    import sklearn.metrics

    counts = true.sum(axis=0)
    measured = np.flatnonzero((counts > 0) & (counts < len(true)))
    areas = [
        getattr(sklearn.metrics, name)(true[:, at], logits[:, at], sample_weight=weights)
        for at in measured
    ]
    return float(np.mean(areas)) if areas else float("nan")


def _checked(targets: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return labels as an array of bool, or raise InputError."""
    found = np.asarray(targets)
    if found.shape != shape or not len(found) or not ((found == 0) | (found == 1)).all():
        raise InputError(
            "{option} must be an array {shape} of 0 and 1. Received: {received}",
            option=Option("targets"),
            shape=list(shape),
            received=f"{found.dtype} {list(found.shape)}",
        )
    return found == 1
