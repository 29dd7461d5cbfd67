"""The thresholds that give each label its best F1."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kbert.findings import worded
from kbert.utils.wording import name_list


@dataclass(frozen=True)
class BestThresholds:
    """The thresholds that give each label its best F1 on a set, and the scores with them.

    They are chosen on the rows that they are scored on, so other rows score lower.

    Args:
        values: tuple of float, one per label.
        micro_f1: float, 0 to 1. F1 of all rows and labels together.
        macro_f1: float, 0 to 1. The unweighted mean of the F1 of the labels.
    """

    values: tuple[float, ...]
    micro_f1: float
    macro_f1: float

    @classmethod
    def from_shares(
        cls, shares: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
    ) -> "BestThresholds":
        """Return the best thresholds for probabilities; see `best_thresholds`."""
        values = best_thresholds(shares, targets, weights)
        rows = np.ones(len(shares)) if weights is None else np.asarray(weights, np.float64)
        true, told = np.asarray(targets) > 0, shares >= np.array(values)
        hits, sizes = rows @ (true & told), rows @ true + rows @ told
        each = 2 * hits / np.where(sizes > 0, sizes, 1)
        micro = 2 * hits.sum() / sizes.sum() if sizes.sum() else 0.0
        return cls(values, micro_f1=float(micro), macro_f1=float(each.mean()))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "BestThresholds":
        """Return the thresholds that `dataclasses.asdict` described."""
        return cls(**{**values, "values": tuple(values["values"])})

    def told(self, names: Sequence[str], rows: str) -> str:
        """Return the thresholds and their scores, as text for a person.

        Args:
            names: sequence of str. The labels.
            rows: str. The name of the set that they were chosen on.
        """
        shown = [f"{name} {value:.3f}" for name, value in zip(names, self.values, strict=True)]
        return worded(
            "The model predicts a label at or above these probabilities, which give each label "
            "its best F1 on {rows}: {thresholds}. With them, on the same rows: micro F1 "
            "{micro_f1:.4f}, macro F1 {macro_f1:.4f}.",
            rows=rows,
            thresholds=name_list(shown, _MAX_SHOWN),
            micro_f1=self.micro_f1,
            macro_f1=self.macro_f1,
        )


_MAX_SHOWN = 20


def best_thresholds(
    shares: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, ...]:
    """Return the threshold of each label that gives it the best F1.

    A threshold lies halfway between two probabilities, so that it is not the probability of a row.
    If 0.5 is among the best thresholds of a label, it is used; otherwise the one nearest to 0.5. A
    label that no row has keeps 0.5.

    Args:
        shares: float array [rows, labels]. The probabilities.
        targets: array [rows, labels] of 0 and 1.
        weights: float array [rows] or None. Defaults to None: all rows count the same.
    """
    rows = np.ones(len(shares)) if weights is None else np.asarray(weights, np.float64)
    found = []
    for column, true in zip(shares.T.astype(np.float64), np.asarray(targets).T > 0, strict=True):
        order = np.argsort(-column, kind="stable")
        values = column[order]
        hits = np.cumsum(rows[order] * true[order])
        if not hits[-1]:
            found.append(0.5)
            continue
        # With the first n rows predicted, n = 1, 2, ...; rows of equal probability go together.
        f1 = 2 * hits / (np.cumsum(rows[order]) + hits[-1])
        ends = np.append(values[1:] < values[:-1], True)
        below = np.append(values[1:], 0.0)
        is_best = ends & (f1 >= f1[ends].max() * (1 - 1e-12))
        limits = np.where((below < 0.5) & (values >= 0.5), 0.5, (values + below) / 2)[is_best]
        found.append(float(limits[np.abs(limits - 0.5).argmin()]))
    return tuple(found)
