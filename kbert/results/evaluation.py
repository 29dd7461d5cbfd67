"""Scores of an evaluation: loss, accuracy, F1, MCC and a table by class."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall, F1 and the number of rows of one class."""

    label: str
    precision: float
    recall: float
    f1: float
    rows: int


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
    """

    rows: int
    loss: float
    accuracy: float
    macro_f1: float
    mcc: float
    classes: tuple[ClassScore, ...]

    @classmethod
    def from_logits(
        cls, logits: np.ndarray, label_ids: np.ndarray, names: Sequence[str]
    ) -> "Evaluation":
        """Return the scores of logits [rows, labels] against the true labels [rows]."""
        logits = np.asarray(logits, np.float64)
        label_ids = np.asarray(label_ids)
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_total = np.log(np.exp(shifted).sum(axis=1))
        losses = log_total - shifted[np.arange(len(label_ids)), label_ids]
        return cls.from_predicted(logits.argmax(axis=1), label_ids, float(losses.mean()), names)

    @classmethod
    def from_predicted(
        cls, predicted: np.ndarray, label_ids: np.ndarray, loss: float, names: Sequence[str]
    ) -> "Evaluation":
        """Return the scores of predicted class numbers [rows] against the true ones [rows]."""
        from sklearn.metrics import matthews_corrcoef, precision_recall_fscore_support

        several = len(np.union1d(label_ids, predicted)) > 1
        precision, recall, f1, rows = precision_recall_fscore_support(
            label_ids, predicted, labels=np.arange(len(names)), zero_division=0.0
        )
        scores = zip(names, precision, recall, f1, rows, strict=True)
        return cls(
            rows=len(label_ids),
            loss=loss,
            accuracy=float((predicted == label_ids).mean()),
            macro_f1=float(f1.mean()),
            # With a single class it is 0 by definition, and scikit-learn warns.
            mcc=float(matthews_corrcoef(label_ids, predicted)) if several else 0.0,
            classes=tuple(
                ClassScore(name, float(p), float(r), float(f), int(n))
                for name, p, r, f, n in scores
            ),
        )

    def summary(self) -> str:
        """Return the scores in one line."""
        return (
            f"accuracy {self.accuracy:.4f}, macro F1 {self.macro_f1:.4f}, MCC {self.mcc:.4f}, "
            f"loss {self.loss:.4f}"
        )

    def __str__(self) -> str:
        width = max(5, *(len(score.label) for score in self.classes))
        lines = [
            f"{count_noun(self.rows, 'row')}: {self.summary()}",
            f"  {'class':<{width}}  precision  recall      F1    rows",
        ]
        lines += [
            f"  {s.label:<{width}}  {s.precision:>9.4f}  {s.recall:>6.4f}  {s.f1:>6.4f}"
            f"  {s.rows:>6,}"
            for s in self.classes
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain data."""
        return asdict(self)

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


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities of logits [rows, labels]."""
    with np.errstate(invalid="ignore"):  # infinite logits have no probabilities
        exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
