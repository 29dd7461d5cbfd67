"""Scores of an evaluation: loss, accuracy, F1, MCC and a table by class."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from kbert.display import table
from kbert.errors import InputError
from kbert.findings import Message, Option, worded
from kbert.utils.wording import count_noun

_COLUMNS = (
    Message("class"),
    Message("precision"),
    Message("recall"),
    Message("F1"),
    Message("rows"),
)
_MAX_CELLS = 2**24  # logits in float64 at a time


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall, F1 and the number of rows of one class.

    Args:
        label: str. The name of the class.
        precision: float, 0 to 1.
        recall: float, 0 to 1.
        f1: float, 0 to 1.
        rows: int. The number of rows of this class.
        share: float or None. Their share of the weight of all rows. Defaults to None: each row
            counts the same.
    """

    label: str
    precision: float
    recall: float
    f1: float
    rows: int
    share: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """The scores of a model on a labelled set.

    Args:
        rows: int. Rows evaluated.
        loss: float. Mean cross-entropy, in nats.
        accuracy: float, 0 to 1.
        macro_f1: float, 0 to 1. The unweighted mean of the F1 of the classes.
        mcc: float, -1 to 1. Matthews correlation coefficient; 0 is chance.
        classes: tuple of ClassScore, one per label.
        weighted: bool. Whether the scores are means by the rows' weights. Defaults to False: each
            row counts the same.
    """

    rows: int
    loss: float
    accuracy: float
    macro_f1: float
    mcc: float
    classes: tuple[ClassScore, ...]
    weighted: bool = False
    monitors: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1", "mcc", "loss")
    """The scores that can decide which epoch is best, the usual one first."""

    @classmethod
    def from_logits(
        cls,
        logits: np.ndarray,
        label_ids: np.ndarray,
        names: Sequence[str],
        weights: np.ndarray | None = None,
    ) -> "Evaluation":
        """Return the scores of logits [rows, labels] against the true labels [rows].

        Args:
            logits: float array [rows, labels].
            label_ids: int array [rows].
            names: sequence of str. The labels.
            weights: float array [rows] or None. How much each row counts. Defaults to None: all
                count the same.
        """
        logits = np.asarray(logits)
        label_ids = _checked(label_ids, len(logits), len(names))
        loss = float(np.average(_losses(logits, label_ids), weights=weights))
        return cls.from_predicted(logits.argmax(axis=1), label_ids, loss, names, weights)

    @classmethod
    def from_predicted(
        cls,
        predicted: np.ndarray,
        label_ids: np.ndarray,
        loss: float,
        names: Sequence[str],
        weights: np.ndarray | None = None,
    ) -> "Evaluation":
        """Return the scores of predicted class numbers [rows] against the true ones [rows].

        Args:
            predicted: int array [rows].
            label_ids: int array [rows].
            loss: float. Their mean loss.
            names: sequence of str. The labels.
            weights: float array [rows] or None. How much each row counts. Defaults to None: all
                count the same.
        """
        from sklearn.metrics import precision_recall_fscore_support

        label_ids = _checked(label_ids, len(predicted), len(names))
        precision, recall, f1, _ = precision_recall_fscore_support(
            label_ids,
            predicted,
            labels=np.arange(len(names)),
            zero_division=0.0,
            sample_weight=weights,
        )
        rows = np.bincount(label_ids, minlength=len(names))
        shares: Sequence[float | None] = [None] * len(names)
        if weights is not None:
            by_class = np.bincount(label_ids, weights, minlength=len(names))
            shares = (by_class / by_class.sum()).tolist()
        scores = zip(names, precision, recall, f1, rows, shares, strict=True)
        return cls(
            rows=len(label_ids),
            loss=loss,
            accuracy=float(np.average(predicted == label_ids, weights=weights)),
            macro_f1=float(f1.mean()),
            mcc=_matthews_correlation(label_ids, predicted, len(names), weights),
            weighted=weights is not None,
            classes=tuple(
                ClassScore(name, float(p), float(r), float(f), int(n), share)
                for name, p, r, f, n, share in scores
            ),
        )

    def summary(self) -> str:
        """Return the scores in one line."""
        return worded(
            "accuracy {accuracy:.4f}, macro F1 {macro_f1:.4f}, MCC {mcc:.4f}, loss {loss:.4f}",
            accuracy=self.accuracy,
            macro_f1=self.macro_f1,
            mcc=self.mcc,
            loss=self.loss,
        )

    def __str__(self) -> str:
        by_weight = worded(", by weight") if self.weighted else ""
        rows = count_noun(self.rows, "row")
        lines = [
            (s.label, f"{s.precision:.4f}", f"{s.recall:.4f}", f"{s.f1:.4f}", f"{s.rows:>6,}")
            for s in self.classes
        ]
        head = worded("{rows}: {scores}", rows=f"{rows}{by_weight}", scores=self.summary())
        return f"{head}\n{table([_COLUMNS, *lines])}"

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain data."""
        values = asdict(self)
        if not self.weighted:
            del values["weighted"]
            for score in values["classes"]:
                del score["share"]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Evaluation":
        """Return the scores that `to_dict` described."""
        classes = tuple(ClassScore(**score) for score in values["classes"])
        return cls(**{**values, "classes": classes})

    def google_lines(self, global_step: int) -> str:
        """Return the scores in the form of `run_classifier.py`'s eval_results.txt."""
        values = {
            "eval_accuracy": self.accuracy,
            "eval_loss": self.loss,
            "global_step": global_step,
            "loss": self.loss,
        }
        return "".join(f"{key} = {values[key]}\n" for key in sorted(values))


def _checked(label_ids: np.ndarray, rows: int, classes: int) -> np.ndarray:
    """Return label numbers as an array, or raise InputError: -1 would index the last class."""
    ids = np.asarray(label_ids)
    is_sound = ids.shape == (rows,) and rows > 0 and ids.dtype.kind in "iu"
    if not is_sound or ids.min() < 0 or ids.max() >= classes:
        raise InputError(
            "{option} must be {rows} integers from 0 to {last}, one per row. Received: {received}",
            option=Option("label_ids"),
            rows=rows,
            last=classes - 1,
            received=np.unique(ids)[:20].tolist() if is_sound else f"{ids.dtype} {ids.shape}",
        )
    return ids


def _losses(logits: np.ndarray, label_ids: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of each row, in float64, with only a few rows in memory at once."""
    losses = np.empty(len(label_ids))
    step = max(_MAX_CELLS // max(logits.shape[1], 1), 1)
    for start in range(0, len(label_ids), step):
        part, ids = logits[start : start + step].astype(np.float64), label_ids[start : start + step]
        part -= part.max(axis=1, keepdims=True)
        losses[start : start + step] = (
            np.log(np.exp(part).sum(axis=1)) - part[np.arange(len(ids)), ids]
        )
    return losses


def _matthews_correlation(
    label_ids: np.ndarray, predicted: np.ndarray, classes: int, weights: np.ndarray | None = None
) -> float:
    """Return the correlation of true and predicted classes; 0 if either is a single class.

    scikit-learn's function makes a table of all pairs of classes: 20 GB for 50,000 classes.

    Source: J. Gorodkin, "Comparing two K-category assignments by a K-category correlation
    coefficient", 2004.
    """
    shares = np.ones(len(label_ids), int) if weights is None else weights.astype(np.float64)
    n, right = shares.sum().item(), shares[label_ids == predicted].sum().item()
    true, told = (
        np.bincount(ids, None if weights is None else shares, minlength=classes)
        for ids in (label_ids, predicted)
    )
    # Without weights these are Python's integers, which do not overflow.
    spreads = [n * n - (told @ told).item() for told in (true, told)]
    if min(spreads) <= 1e-12 * n * n:
        return 0.0
    return (right * n - (true @ told).item()) / (spreads[0] * spreads[1]) ** 0.5


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities of logits [rows, labels]."""
    with np.errstate(invalid="ignore"):  # infinite logits have no probabilities
        exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
