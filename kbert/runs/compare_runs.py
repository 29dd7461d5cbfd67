"""Compare runs on the same rows."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.errors import InputError, KbertError
from kbert.findings import worded
from kbert.interop.pretraining_run import is_pretraining
from kbert.interop.sources import find_source
from kbert.reports.comparison import Comparison
from kbert.reports.run_report import RunReport
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.runs.checked_runs import checked_runs
from kbert.runs.different_rows import different_rows, evaluated_set
from kbert.runs.evaluated_rows import EvaluatedRows, folds_of, is_cross_validation, predictions_of
from kbert.runs.predicted_rows import predicted_rows
from kbert.runs.report_of_run import report_of_run, run_history
from kbert.runs.run_config import check_is_classifier
from kbert.runs.run_directory import RunDirectory
from kbert.serving.predictor import Predictor


def compare_runs(runs: Sequence[str | Path]) -> Comparison:
    """Return several runs side by side, on the rows that all were evaluated on.

    Args:
        runs: sequence of str or Path. At least two run directories; the others are tested against
            the first. Cross-validations are compared with each other, on all their rows.

    Raises:
        InputError: one of them is not a run, is named twice, has not finished, has no evaluation,
            or was evaluated on other rows or by another score.
    """
    directories = checked_runs(runs)
    first, *others = directories
    score, rows = _score(first), _fingerprint(first)
    for other in others:
        if (received := _score(other)) != score:
            raise InputError(
                "{first} was judged by {score}, and {other} by {received}: they cannot be "
                "compared.",
                first=first,
                score=score,
                other=other,
                received=received,
            )
        if _fingerprint(other) != rows:
            raise different_rows(first, other, directories)
    return Comparison.of(_named([report_of_run(run, rows=_own_rows(run)) for run in directories]))


def compare_on(
    runs: Sequence[str | Path],
    data: Sequence[Examples],
    *,
    batch_size: int = 32,
    backend: str | None = None,
) -> Comparison:
    """Return several runs side by side, on rows that their models predict now.

    The runs are compared by the score that they were judged by; if these scores differ, by the
    default score of their target.

    Args:
        runs: sequence of str or Path. At least two run directories; the others are tested against
            the first.
        data: sequence of Examples. The same labelled rows for each run, as its model reads them.
        batch_size: int. Rows to predict at once. Defaults to 32.
        backend: str or None. The Keras backend. Defaults to None: see `choose_backend`.

    Raises:
        InputError: one of `runs` is not a run, is named twice, has not finished or has other
            labels, or the rows are not the same.
    """
    directories = checked_runs(runs)
    for run in directories:
        check_is_classifier(run)
    _check_same(directories, data)
    judged = {run_history(run).score for run in directories} - {""}
    reports = []
    for run, examples in zip(directories, data, strict=True):
        predictor = Predictor.load(run.path, backend=backend)
        reports.append(_report_on(run, predicted_rows(predictor, examples, batch_size), judged))
    return Comparison.of(_named(reports))


def _own_rows(run: RunDirectory) -> EvaluatedRows | None:
    """Return the rows that a run was evaluated on, without their texts, which are not needed here.

    None for a cross-validation or a pretraining run, whose rows the report determines itself.
    """
    if is_cross_validation(run) or is_pretraining(run.path):
        return None
    name, target = evaluated_set(run), find_source(run.path).target()
    try:
        return EvaluatedRows(name, target, predictions_of(run), None)
    except KbertError as error:
        note = worded("The results for single rows are left out: {error}", error=error)
        return EvaluatedRows(name, target, None, None, (note,))


def _score(run: RunDirectory) -> str:
    """Return the score by which a run was judged."""
    history = run_history(folds_of(run)[0] if is_cross_validation(run) else run)
    if not is_cross_validation(run):
        evaluated_set(run)  # raises an error if there is none
    return history.score


def _fingerprint(run: RunDirectory) -> str:
    """Return the fingerprint of the rows that a run was judged on."""
    if is_cross_validation(run):
        table = predictions_of(run)
        rows = json.dumps([table.places["row"], table.true.tolist(), table.names])
        return hashlib.sha256(rows.encode()).hexdigest()
    return str(run.record["data"][evaluated_set(run)]["sha256"])


def _check_same(runs: Sequence[RunDirectory], data: Sequence[Examples]) -> None:
    """Raise InputError unless all runs are given the same rows with the same labels."""
    first = data[0]
    for run, other in zip(runs[1:], data[1:], strict=True):
        same = len(first) == len(other) and all(
            first.number(at) == other.number(at) for at in range(len(first))
        )
        if not same or not np.array_equal(_said(first), _said(other)):
            raise InputError(
                "{source} has other rows or labels for {other} than for {first}, because it is "
                "read with each run's own columns.",
                source=first.source,
                first=runs[0],
                other=run,
            )


def _said(examples: Examples) -> np.ndarray:
    """Return the labels of rows in a form that does not depend on the order of the labels."""
    assert examples.labels is not None
    assert examples.y is not None
    names = np.array(examples.labels.names)
    return names[examples.y] if examples.y.ndim == 1 else examples.y[:, np.argsort(names)]


def _report_on(run: RunDirectory, rows: EvaluatedRows, judged: set[str]) -> RunReport:
    """Return the report of a run whose model has predicted these rows."""
    table, report = rows.table, report_of_run(run, rows=rows)
    assert table is not None
    scores = rows.target.scores(
        rows.target.raw(table.outputs), table.true, table.names, table.weights
    )
    score = next(iter(judged)) if len(judged) == 1 else scores.monitors[0]
    best, plan = report.history.best, report.plan
    if best is None:  # nothing was set aside: the model is that of the last epoch
        epochs, updates = (0, 0) if plan is None else (plan.epochs, plan.num_updates)
        best = EvaluationRecord(epochs, updates, {})
    on = replace(best, scores={str(rows.name): scores})
    history = EvaluationHistory.from_dict({"monitor": score, "epochs": []})
    history.add(on)
    return replace(report, history=history, baselines=None)


def _named(reports: list[RunReport]) -> list[RunReport]:
    """Return reports under the names of their folders, or under their paths if names repeat."""
    if len({report.name for report in reports}) == len(reports):
        return reports
    return [replace(report, name=report.path) for report in reports]
