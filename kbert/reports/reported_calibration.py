"""What a report shows about the probabilities of a run's model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kbert.findings import worded
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.run_report import RunReport
from kbert.reports.svg import Svg
from kbert.results.calibration import Calibration
from kbert.results.coverage import Covered, coverage, useful_threshold


@dataclass(frozen=True)
class ReportedCalibration:
    """What a report shows about the probabilities of a run's model.

    Args:
        scores: Calibration. The calibration over all rows; if they have several labels, over all
            answers.
        reliability: Svg. Accuracy by confidence.
        temperature: dict or None. What run.json records about the calibration of the model; None if
            the model has no temperature, or a temperature of 1.
        by_label: dict of Calibration by label, if rows have several labels. Defaults to {}.
        coverage: tuple of Covered. The rows that are answered at some thresholds. Defaults to ():
            the model cannot abstain.
    """

    scores: Calibration
    reliability: Svg
    temperature: Mapping[str, Any] | None
    by_label: Mapping[str, Calibration] = field(default_factory=dict)
    coverage: tuple[Covered, ...] = ()

    @property
    def threshold(self) -> float | None:
        """A threshold to try; None if no threshold answers only some of the rows."""
        return useful_threshold(self.coverage)


def reported_calibration(report: RunReport) -> ReportedCalibration | None:
    """Return what is shown; None if the outputs are not probabilities, or are not known."""
    table = report.predictions
    if table is None or table.are_numbers or not len(table):
        return None
    shares, weights, temperature = table.outputs, table.weights, _temperature(report)
    classes = report.target.class_ids(table.true)
    if classes is not None:
        scores = Calibration.of(shares, classes, weights=weights)
        covered = coverage(shares, classes, weights=weights)
        drawn = reliability_chart(scores)
        return ReportedCalibration(scores, drawn, temperature, coverage=covered)
    scores = Calibration.of_labels(shares, table.true, weights)
    by_label = {
        name: Calibration.of_labels(shares[:, [at]], table.true[:, [at]], weights)
        for at, name in enumerate(table.names)
    }
    drawn = reliability_chart(scores, worded("probability of the answer, yes or no"))
    return ReportedCalibration(scores, drawn, temperature, by_label)


def _temperature(report: RunReport) -> Mapping[str, Any] | None:
    """Return run.json's record of the calibration; None if it does not change the logits."""
    found = report.record.get("calibration")
    return found if found and found.get("temperature") != 1 else None


def reliability_chart(calibration: Calibration, x_label: str | None = None) -> Svg:
    """Draw the accuracy by confidence, beside what it should be.

    Args:
        calibration: Calibration.
        x_label: str or None. What the confidence is. Defaults to None: that of one class.
    """
    lines = [
        Line(worded("this model"), calibration.confidence, calibration.accuracy),
        Line(worded("perfect calibration"), (0, 1), (0, 1)),
    ]
    return line_chart(
        lines,
        title=worded("Accuracy by confidence"),
        x_label=x_label or worded("probability of the predicted class"),
        y_label=worded("accuracy"),
        y_limits=(0, 1),
        width=420,
        height=320,
    )
