"""What the predictions of a run add up to: confusions, scores by class, calibration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kbert.findings import worded
from kbert.reports.confusion_chart import confusion_chart
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.run_report import RunReport
from kbert.reports.svg import Svg
from kbert.results.calibration import Calibration
from kbert.results.confusion import Confusion, confusion_matrix, confusions
from kbert.results.coverage import Covered, coverage

_CONFUSIONS = 30


@dataclass(frozen=True)
class ScoredRows:
    """What the predictions of a run add up to.

    Args:
        matrix: Svg or None. None where there are very many classes.
        confusions: tuple of Confusion, the most frequent first.
        calibration: Calibration.
        reliability: Svg. Accuracy by confidence.
        coverage: tuple of Covered. The rows that are answered from some probabilities on.
        temperature: dict or None. What run.json tells of the calibration of the model, of one that
            was calibrated.
    """

    matrix: Svg | None
    confusions: tuple[Confusion, ...]
    calibration: Calibration
    reliability: Svg
    coverage: tuple[Covered, ...]
    temperature: Mapping[str, Any] | None


def scored_rows(report: RunReport) -> ScoredRows | None:
    """Return what the predictions add up to; None where rows are not of one class each."""
    table = report.predictions
    if table is None or not table.is_of_classes or not len(table):
        return None
    calibration = Calibration.of(table.outputs, table.true, weights=table.weights)
    matrix = confusion_matrix(table)
    drawn = None if matrix is None else confusion_chart(matrix, table.names)
    return ScoredRows(
        matrix=drawn,
        confusions=confusions(table)[:_CONFUSIONS],
        calibration=calibration,
        reliability=reliability_chart(calibration),
        coverage=coverage(table.outputs, table.true, weights=table.weights),
        temperature=report.record.get("calibration"),
    )


def reliability_chart(calibration: Calibration) -> Svg:
    """Draw the accuracy by confidence, beside what it should be."""
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
