"""The page of a run."""

from kbert.reports.curves import curves
from kbert.reports.headline import headline
from kbert.reports.lengths_chart import lengths_chart
from kbert.reports.rendering import render
from kbert.reports.reported_calibration import reported_calibration
from kbert.reports.run_report import RunReport
from kbert.reports.scored_rows import scored_rows
from kbert.reports.telling_rows import TellingRows


def page(report: RunReport) -> str:
    """Return the page of a run; see `render`.

    Args:
        report: RunReport.
    """
    return render(
        "report.html",
        report.name,
        report=report,
        headline=headline(report),
        curves=curves(report),
        lengths={name: lengths_chart(one, name) for name, one in report.lengths.items()},
        scored=scored_rows(report),
        calibration=reported_calibration(report),
        rows=TellingRows.of(report),
    )
