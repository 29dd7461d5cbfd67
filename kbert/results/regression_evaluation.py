"""Scores of numbers that a model predicts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from kbert.display import table
from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class ColumnScore:
    """The scores of one predicted number, in its own unit."""

    label: str
    rmse: float
    mae: float
    pearson: float
    spearman: float
    r2: float


@dataclass(frozen=True)
class RegressionEvaluation:
    """The scores of a model that predicts numbers; for several numbers, the means of their scores.

    A correlation is 0 if either side does not vary, as for a model that always predicts the same.

    Args:
        rows: int. Rows evaluated.
        loss: float. Mean squared error, of numbers divided by their `scale`.
        rmse: float. Root of the mean squared error, in the numbers' own unit.
        mae: float. Mean absolute error, in the numbers' own unit.
        pearson: float, -1 to 1. Linear correlation of the predicted and the true numbers.
        spearman: float, -1 to 1. Correlation of their ranks.
        r2: float, at most 1. The share of the variance that is predicted; 0 for always the mean.
        columns: tuple of ColumnScore, one per number.
        weighted: bool. Whether the scores are means by the rows' weights. Defaults to False: each
            row counts the same.
    """

    rows: int
    loss: float
    rmse: float
    mae: float
    pearson: float
    spearman: float
    r2: float
    columns: tuple[ColumnScore, ...]
    weighted: bool = False
    monitors: ClassVar[tuple[str, ...]] = ("spearman", "pearson", "rmse", "mae", "r2", "loss")
    """The scores that can decide which epoch is best, the usual one first."""

    @classmethod
    def from_predicted(
        cls,
        predicted: np.ndarray,
        targets: np.ndarray,
        names: Sequence[str],
        scale: Sequence[float] | None = None,
        weights: np.ndarray | None = None,
    ) -> "RegressionEvaluation":
        """Return the scores of predicted numbers [rows, columns] against the true ones.

        Args:
            predicted: float array [rows, columns].
            targets: float array [rows, columns].
            names: sequence of str. The columns.
            scale: sequence of float, or None. What each column is divided by in the loss. Defaults
                to None: 1.
            weights: float array [rows] or None. How much each row counts. Defaults to None: all
                count the same.
        """
        told = np.asarray(predicted, np.float64)
        true = np.asarray(targets, np.float64)
        if true.shape != told.shape or not len(true) or not np.isfinite(true).all():
            raise InputError(
                "{option} must be an array {shape} of numbers. Received: {received}",
                option=Option("targets"),
                shape=list(told.shape),
                received=f"{true.dtype} {list(true.shape)}",
            )
        rows = np.ones(len(true)) if weights is None else np.asarray(weights, np.float64)
        columns = tuple(
            _scores(name, t, p, rows) for name, t, p in zip(names, true.T, told.T, strict=True)
        )
        units = 1.0 if scale is None else np.asarray(scale, np.float64)
        return cls(
            rows=len(true),
            loss=float(np.average((((told - true) / units) ** 2).mean(axis=1), weights=rows)),
            **{
                name: float(np.mean([getattr(column, name) for column in columns]))
                for name in ("rmse", "mae", "pearson", "spearman", "r2")
            },
            columns=columns,
            weighted=weights is not None,
        )

    def summary(self) -> str:
        """Return the scores in one line."""
        return worded(
            "RMSE {rmse:.4g}, MAE {mae:.4g}, Pearson {pearson:.4f}, Spearman {spearman:.4f}, R2 "
            "{r2:.4f}, loss {loss:.4f}",
            rmse=self.rmse,
            mae=self.mae,
            pearson=self.pearson,
            spearman=self.spearman,
            r2=self.r2,
            loss=self.loss,
        )

    def __str__(self) -> str:
        by_weight = worded(", by weight") if self.weighted else ""
        rows = f"{count_noun(self.rows, 'row')}{by_weight}"
        lines = [worded("{rows}: {scores}", rows=rows, scores=self.summary())]
        if len(self.columns) > 1:
            cells = [
                (
                    s.label,
                    f"{s.rmse:>10.4g}",
                    f"{s.mae:>10.4g}",
                    f"{s.pearson:.4f}",
                    f"{s.spearman:.4f}",
                    f"{s.r2:>7.4f}",
                )
                for s in self.columns
            ]
            names = (worded("column"), "RMSE", "MAE", "Pearson", "Spearman", "R2")
            lines.append(table([names, *cells]))
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain data."""
        values = {"target": "regression", **asdict(self)}
        if not self.weighted:
            del values["weighted"]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RegressionEvaluation":
        """Return the scores that `to_dict` described."""
        own = {name: value for name, value in values.items() if name != "target"}
        own["columns"] = tuple(ColumnScore(**score) for score in values["columns"])
        return cls(**own)


def _scores(name: str, true: np.ndarray, told: np.ndarray, weights: np.ndarray) -> ColumnScore:
    from scipy.stats import rankdata

    squared = float(np.average((told - true) ** 2, weights=weights))
    spread = float(np.average((true - np.average(true, weights=weights)) ** 2, weights=weights))
    return ColumnScore(
        label=name,
        rmse=squared**0.5,
        mae=float(np.average(np.abs(told - true), weights=weights)),
        pearson=correlation(true, told, weights),
        spearman=correlation(rankdata(true), rankdata(told), weights),
        r2=1 - squared / spread if spread else 0.0,
    )


def correlation(first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> float:
    """Return the linear correlation of two columns; 0 if either does not vary."""
    one, other = (column - np.average(column, weights=weights) for column in (first, second))
    spread = np.average(one**2, weights=weights) * np.average(other**2, weights=weights)
    magnitude = np.average(first**2, weights=weights) * np.average(second**2, weights=weights)
    if spread <= 1e-24 * magnitude:
        return 0.0
    return float(np.clip(np.average(one * other, weights=weights) / spread**0.5, -1, 1))
