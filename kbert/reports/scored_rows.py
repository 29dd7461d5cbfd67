"""The confusions among the predictions of a run whose rows are of one class each."""

from dataclasses import dataclass

from kbert.reports.confusion_chart import confusion_chart
from kbert.reports.run_report import RunReport
from kbert.reports.svg import Svg
from kbert.results.confusion import Confusion, confusion_matrix, confusions

_CONFUSIONS = 30


@dataclass(frozen=True)
class ScoredRows:
    """The confusions among the predictions of a run.

    Args:
        matrix: Svg or None. None if there are very many classes.
        confusions: tuple of Confusion, the most frequent first.
    """

    matrix: Svg | None
    confusions: tuple[Confusion, ...]


def scored_rows(report: RunReport) -> ScoredRows | None:
    """Return the confusions among the predictions; None if rows are not of one class each."""
    table = report.predictions
    if table is None or not table.is_of_classes or not len(table):
        return None
    matrix = confusion_matrix(table)
    drawn = None if matrix is None else confusion_chart(matrix, table.names)
    return ScoredRows(drawn, confusions(table)[:_CONFUSIONS])
