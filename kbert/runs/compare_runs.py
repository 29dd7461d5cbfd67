"""Compare runs that were evaluated on the same rows."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.reports.comparison import Comparison
from kbert.reports.run_report import RunReport
from kbert.runs.report_of_run import report_of_run
from kbert.runs.run_directory import RunDirectory


def compare_runs(runs: Sequence[str | Path]) -> Comparison:
    """Return several runs side by side.

    Args:
        runs: sequence of str or Path. At least two run directories.

    Raises:
        InputError: one of them is not a run, has no evaluation, or was evaluated on other rows or
            by another score.
    """
    reports = [report_of_run(RunDirectory(run)) for run in runs]
    if len({report.name for report in reports}) < len(reports):
        named = zip(reports, runs, strict=True)
        reports = [replace(report, name=str(run)) for report, run in named]
    if len({report.name for report in reports}) < len(reports):
        raise InputError("Name each run once. Received: {runs}", runs=", ".join(map(str, runs)))
    for report in reports:
        if report.history.best is None:
            raise InputError("{run} has no evaluation to compare.", run=report.name)
    for report in reports[1:]:
        _check_comparable(reports[0], report)
    return Comparison.of(reports)


def _check_comparable(first: RunReport, other: RunReport) -> None:
    """Raise InputError unless two runs were scored by the same score on the same rows."""
    if first.history.score != other.history.score:
        raise InputError(
            "{first} was judged by {score}, and {other} by {received}: they cannot be compared.",
            first=first.name,
            score=first.history.score,
            other=other.name,
            received=other.history.score,
        )
    if _rows_of(first) != _rows_of(other):
        raise InputError(
            "{first} and {other} were evaluated on different rows, so that their scores cannot be "
            "compared.",
            first=first.name,
            other=other.name,
            cure=Cure({"split_seed": 0}, note="in both runs sets the same rows aside"),
        )


def _rows_of(report: RunReport) -> str | None:
    best = report.history.best
    assert best is not None
    name = next(iter(best.scores))
    sha256 = report.record.get("data", {}).get(name, {}).get("sha256")
    return None if sha256 is None else f"{sha256}"
