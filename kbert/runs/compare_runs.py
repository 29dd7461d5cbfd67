"""Compare runs that were evaluated on the same rows."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kbert.errors import InputError
from kbert.findings import Cure, Joined
from kbert.reports.comparison import Comparison
from kbert.runs.evaluated_rows import folds_of, is_cross_validation, predictions_of
from kbert.runs.report_of_run import report_of_run, run_history
from kbert.runs.run_config import check_is_run
from kbert.runs.run_directory import RunDirectory


def compare_runs(runs: Sequence[str | Path]) -> Comparison:
    """Return several runs side by side.

    Args:
        runs: sequence of str or Path. At least two run directories; cross-validations are compared
            with each other, on all their rows.

    Raises:
        InputError: one of them is not a run, is named twice, has no evaluation, or was evaluated on
            other rows or by another score.
    """
    directories = [RunDirectory(run) for run in runs]
    if len({run.path.resolve() for run in directories}) < len(directories):
        raise InputError("Name each run once. Received: {runs}", runs=Joined(map(str, runs)))
    for run in directories:
        check_is_run(run)
    judged = [_judged(run) for run in directories]
    for run, of_run in zip(directories[1:], judged[1:], strict=True):
        _check_comparable(directories[0], judged[0], run, of_run)
    reports = [report_of_run(run) for run in directories]
    if len({report.name for report in reports}) < len(reports):
        named = zip(reports, runs, strict=True)
        reports = [replace(report, name=str(run)) for report, run in named]
    return Comparison.of(reports)


def _judged(run: RunDirectory) -> tuple[str, str]:
    """Return the score by which a run is judged, and the fingerprint of the rows."""
    if is_cross_validation(run):
        table = predictions_of(run)
        rows = json.dumps([table.places["row"], table.true.tolist(), table.names])
        return run_history(folds_of(run)[0]).score, hashlib.sha256(rows.encode()).hexdigest()
    history = run_history(run)
    if history.best is None:
        raise InputError("{run} has no evaluation to compare.", run=run)
    name = next(iter(history.best.scores))
    return history.score, run.record["data"][name]["sha256"]


def _check_comparable(
    first: RunDirectory, of_first: tuple[str, str], other: RunDirectory, of_other: tuple[str, str]
) -> None:
    """Raise InputError unless two runs were judged by the same score on the same rows."""
    if is_cross_validation(first) != is_cross_validation(other):
        folds, single = (first, other) if is_cross_validation(first) else (other, first)
        raise InputError(
            "{folds} is a cross-validation, scored on all its rows, and {single} is not: they "
            "cannot be compared.",
            folds=folds,
            single=single,
            cure=Cure(note="compare runs of one kind"),
        )
    if of_first[0] != of_other[0]:
        raise InputError(
            "{first} was judged by {score}, and {other} by {received}: they cannot be compared.",
            first=first,
            score=of_first[0],
            other=other,
            received=of_other[0],
        )
    if of_first[1] != of_other[1]:
        raise InputError(
            "{first} and {other} were evaluated on different rows, so that their scores cannot be "
            "compared.",
            first=first,
            other=other,
            cure=Cure({"split_seed": 0}, note="which sets the same rows aside in both runs"),
        )
