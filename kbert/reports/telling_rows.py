"""The rows of a set that tell most about a model: mistakes, doubts, and doubtful labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kbert.reports.run_report import RunReport
from kbert.results.doubtful_labels import doubtful_labels
from kbert.results.prediction_table import PredictionTable
from kbert.results.weak_model import weak_model_note

MOST_ROWS = 1000
_MOST_CHARACTERS = 1500  # of a text


@dataclass(frozen=True)
class TellingRow:
    """A row that is shown.

    Args:
        row: str. Where it is in the data.
        label: str. Its label.
        predicted: str. The class that the model predicts.
        probability: float. The probability of `predicted`.
        of_label: float. The probability of `label`.
        text: str. Its text, or both; cut where it is very long.
    """

    row: str
    label: str
    predicted: str
    probability: float
    of_label: float
    text: str


@dataclass(frozen=True)
class TellingRows:
    """The rows of classes that tell most about a model, each list the most telling first.

    Args:
        mistakes: tuple of TellingRow. Predicted wrongly, the most confident first.
        doubts: tuple of TellingRow. With hardly more probability for the first class than for the
            second.
        suspects: tuple of TellingRow. Whose label is probably wrong.
        counts: tuple of int. How many rows each list has in all, shown or not.
        suspects_note: str or None. Why `suspects` cannot be relied on.
    """

    mistakes: tuple[TellingRow, ...]
    doubts: tuple[TellingRow, ...]
    suspects: tuple[TellingRow, ...]
    counts: tuple[int, int, int]
    suspects_note: str | None

    @classmethod
    def of(cls, report: RunReport) -> "TellingRows | None":
        """Return the rows; None if they are not of one class each."""
        table = report.predictions
        if table is None or not table.is_of_classes or not len(table):
            return None
        shares = table.outputs.astype(np.float64)
        own = np.arange(len(table))
        sure = shares[own, table.predicted]
        wrong = np.flatnonzero(table.predicted != table.true)
        mistakes = wrong[np.argsort(-sure[wrong], kind="stable")]
        two = np.sort(shares, axis=1)[:, -2:]
        margin = two[:, 1] - two[:, 0] if shares.shape[1] > 1 else np.ones(len(table))
        unsure = np.flatnonzero(margin < 0.2)
        doubts = unsure[np.argsort(margin[unsure], kind="stable")]
        suspects = doubtful_labels(table)
        lists = (mistakes, doubts, suspects)
        most = MOST_ROWS // len(lists)
        first, second, third = (
            tuple(_row(report, table, at) for at in found[:most]) for found in lists
        )
        counts = (len(mistakes), len(doubts), len(suspects))
        note = weak_model_note(report.record.get("findings", ()))
        return cls(first, second, third, counts, note)


def _row(report: RunReport, table: PredictionTable, at: int) -> TellingRow:
    predicted, label = int(table.predicted[at]), int(table.true[at])
    places = table.places
    where = str(places["row"][at])
    if "file" in places:
        where = f"{places['file'][at]} {places['row_in_file'][at]}"
    return TellingRow(
        row=where,
        label=table.names[label],
        predicted=table.names[predicted],
        probability=float(table.outputs[at, predicted]),
        of_label=float(table.outputs[at, label]),
        text=_text(report.texts, report.pairs, at),
    )


def _text(texts: Sequence[str] | None, pairs: Sequence[str] | None, at: int) -> str:
    if texts is None:
        return ""
    both = [texts[at], *([] if pairs is None else [pairs[at]])]
    most = _MOST_CHARACTERS // len(both)
    return " ¶ ".join(one if len(one) <= most else one[: most - 1] + "…" for one in both)
