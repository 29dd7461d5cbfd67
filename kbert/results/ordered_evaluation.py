"""Scores for classes that have an order, such as star ratings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from kbert.findings import worded
from kbert.results.evaluation import Evaluation


@dataclass(frozen=True)
class OrderedEvaluation(Evaluation):
    """The scores of a model on a set whose classes have an order.

    These are the scores of `Evaluation` and two more. Here i is the place of the true class in the
    order, j that of the predicted class, and i' and j' are those of two rows chosen at random:

        kappa = 1 - mean((i - j)^2) / mean((i' - j')^2)
        mae   = mean(|i - j|)

    Args:
        kappa: float, at most 1. Quadratic weighted kappa; 0 is chance, or the same class for all
            rows.
        mae: float, 0 or more. The mean number of classes from the predicted one to the true one.

    Source: J. Cohen, "Weighted kappa: nominal scale agreement with provision for scaled
    disagreement or partial credit", 1968.
    """

    kappa: float = 0.0
    mae: float = 0.0
    monitors: ClassVar[tuple[str, ...]] = ("kappa", "mae", *Evaluation.monitors)

    @classmethod
    def from_predicted(
        cls,
        predicted: np.ndarray,
        label_ids: np.ndarray,
        loss: float,
        names: Sequence[str],
        weights: np.ndarray | None = None,
    ) -> "OrderedEvaluation":
        """Return the scores of predicted class numbers [rows]; see `Evaluation`."""
        found = super().from_predicted(predicted, label_ids, loss, names, weights)
        assert isinstance(found, cls)
        true, told = (np.asarray(ids, np.float64) for ids in (label_ids, predicted))
        means = [np.average(places, weights=weights) for places in (true, told)]
        spread = (means[0] - means[1]) ** 2 + sum(
            np.average((places - mean) ** 2, weights=weights)
            for places, mean in zip((true, told), means, strict=True)
        )
        apart = np.average((true - told) ** 2, weights=weights)
        kappa = round(1 - float(apart / spread), 12) if spread else 0.0
        return replace(
            found,
            kappa=kappa + 0.0,  # not -0.0, as for one class for all rows
            mae=float(np.average(np.abs(true - told), weights=weights)),
        )

    def summary(self) -> str:
        """Return the scores in one line."""
        return worded(
            "kappa {kappa:.4f}, MAE {mae:.4f} classes, {summary}",
            kappa=self.kappa,
            mae=self.mae,
            summary=super().summary(),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain data."""
        return {"target": "ordered", **super().to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "OrderedEvaluation":
        """Return the scores that `to_dict` described."""
        found = super().from_dict({n: value for n, value in values.items() if n != "target"})
        assert isinstance(found, cls)
        return found
