"""What the predictions of a run add up to: confusions, scores by class, calibration."""

from dataclasses import dataclass

from kbert.findings import worded
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.matrix_chart import matrix_chart
from kbert.reports.run_report import RunReport
from kbert.reports.svg import Svg
from kbert.results.calibration import Calibration
from kbert.results.confusion import Confusion, confusion_matrix, confusions

_DRAWN = 20  # classes of which a matrix can be read
_CONFUSIONS = 30


@dataclass(frozen=True)
class ScoredRows:
    """What the predictions of a run add up to.

    Args:
        matrix: Svg or None. None where there are very many classes.
        confusions: tuple of Confusion, the most frequent first.
        calibration: Calibration.
        reliability: Svg. Accuracy by confidence.
    """

    matrix: Svg | None
    confusions: tuple[Confusion, ...]
    calibration: Calibration
    reliability: Svg


def scored_rows(report: RunReport) -> ScoredRows | None:
    """Return what the predictions add up to; None where rows are not of one class each."""
    table = report.predictions
    if table is None or not table.is_of_classes or not len(table):
        return None
    calibration = Calibration.of(table.outputs, table.true)
    matrix = confusion_matrix(table)
    drawn = None
    if matrix is not None and len(table.names) <= _DRAWN:
        drawn = matrix_chart(matrix, table.names, title=worded("Which classes are taken for which"))
    return ScoredRows(
        drawn, confusions(table)[:_CONFUSIONS], calibration, _reliability(calibration)
    )


def _reliability(calibration: Calibration) -> Svg:
    lines = [
        Line(worded("this model"), calibration.confidence, calibration.accuracy),
        Line(worded("as it should be"), (0, 1), (0, 1)),
    ]
    return line_chart(
        lines,
        title=worded("Accuracy by confidence"),
        x_label=worded("probability of the predicted class"),
        y_label=worded("accuracy"),
        y_limits=(0, 1),
        width=420,
        height=320,
    )
