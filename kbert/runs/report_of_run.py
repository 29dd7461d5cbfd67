"""The report of a run: its contents, and the page that is written into the run."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.findings import worded
from kbert.interop.pretraining_run import PRETRAINING
from kbert.interop.sources import find_source
from kbert.plans.training_plan import TrainingPlan
from kbert.reports.model_card import ModelCard, is_for_card
from kbert.reports.page import page
from kbert.reports.run_report import RunReport
from kbert.reports.training_log import TrainingLog
from kbert.results.baselines import Baselines
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.length_histogram import LengthHistogram
from kbert.runs.evaluated_rows import (
    EvaluatedRows,
    folds_of,
    is_cross_validation,
    rows_of_run,
    rows_out_of_fold,
)
from kbert.runs.fold_calibration import fold_calibration
from kbert.runs.run_baselines import BASELINES
from kbert.runs.run_config import check_is_run, run_config
from kbert.runs.run_directory import CARD, REPORT, RunDirectory
from kbert.utils.file_errors import writing
from kbert.utils.files import write_text
from kbert.utils.foreign import reason_of
from kbert.utils.say import say
from kbert.utils.staging import publishing


def try_to_write_report(
    run: RunDirectory, sets: Mapping[str, Examples], end: Mapping[str, Any]
) -> None:
    """Write the page of a run that has just been trained; no error here makes the run fail.

    Args:
        run: RunDirectory.
        sets: dict of labelled Examples by name, which it was evaluated on.
        end: dict. The run's end, as run.json is going to record it.
    """
    try:
        report = report_of_run(run, sets)
        report = replace(report, record={**report.record, **end})
        write_text(run.path / REPORT, page(report))
        if is_for_card(report.record):
            write_text(run.path / CARD, card_of(report).text())
    except Exception as error:
        say(worded("The report is left out: {reason}.", reason=reason_of(error)))
    else:
        say(worded("The report: {path}", path=run.path / REPORT))


def card_of(report: RunReport) -> ModelCard:
    """Return the card of the model that a report is about."""
    return ModelCard(report.name, report.record, report.settings, report.history, report.baselines)


def card_of_run(run: RunDirectory) -> ModelCard | None:
    """Return the card of a run's model; None for anything but a run that evaluated a classifier."""
    record = run.readable_record
    if not is_for_card(record) or not (run.path / "config.toml").is_file():
        return None
    settings = (run.path / "config.toml").read_text(encoding="utf-8", errors="replace")
    name = run.path.resolve().name
    return ModelCard(name, record, settings, run_history(run), _baselines(run))


def report_of_run(
    run: RunDirectory,
    sets: Mapping[str, Examples] | None = None,
    rows: EvaluatedRows | None = None,
) -> RunReport:
    """Return the contents of a run's report.

    Args:
        run: RunDirectory.
        sets: dict of labelled Examples by name, which it was evaluated on. Defaults to None: they
            are read again.
        rows: EvaluatedRows or None. Rows to report on in place of those. Defaults to None.

    Raises:
        InputError: this is not a run, or one of its files is not what kbert has written.
    """
    check_is_run(run)
    if is_cross_validation(run):
        return _report_of_folds(run)
    record, history = run.record, run_history(run)
    if rows is None and history.best is not None and record.get("kind") != PRETRAINING:
        rows = rows_of_run(run, next(iter(history.best.scores)), sets)
    elif rows is None:
        rows = EvaluatedRows("", find_source(run.path).target(), None, None)
    return RunReport(
        name=run.path.resolve().name,
        path=str(run.path),
        record=record,
        settings=(run.path / "config.toml").read_text(encoding="utf-8"),
        plan=plan_of(record),
        log=TrainingLog.read(run.path / "learning_rate.csv"),
        history=history,
        target=rows.target,
        baselines=_baselines(run),
        predictions=rows.table,
        texts=None if rows.examples is None else rows.examples.texts,
        pairs=None if rows.examples is None else rows.examples.pairs,
        notes=rows.notes,
        lengths=lengths_of(record),
    )


def _report_of_folds(run: RunDirectory) -> RunReport:
    """Return the report of a cross-validation: it is about all rows, each predicted out of fold."""
    rows, folds = rows_out_of_fold(run), folds_of(run)
    table = rows.table
    assert table is not None
    scores = rows.target.scores(
        rows.target.raw(table.outputs), table.true, table.names, table.weights
    )
    first = folds[0].record
    found = [finding for fold in folds for finding in fold.record.get("findings", [])]
    once = {(finding["code"], finding["message"]): finding for finding in found}
    kept = {name: first.get(name) for name in ("backend", "labels")}
    kept["calibration"] = fold_calibration(folds)
    sets = {f"fold {n}": fold.record["data"]["dev"] for n, fold in enumerate(folds, start=1)}
    return RunReport(
        name=run.path.resolve().name,
        path=str(run.path),
        record={**kept, **run.record, "findings": list(once.values()), "data": sets},
        settings=(run.path / "config.toml").read_text(encoding="utf-8"),
        plan=None,
        log=TrainingLog.read(run.path / "learning_rate.csv"),
        history=EvaluationHistory(run_config(run).monitor),
        target=rows.target,
        baselines=None,
        predictions=table,
        texts=None if rows.examples is None else rows.examples.texts,
        pairs=None if rows.examples is None else rows.examples.pairs,
        notes=rows.notes,
        out_of_fold=scores,
        folds=tuple(map(_best, folds)),
        lengths=lengths_of(first),
    )


def plan_of(record: Mapping[str, Any]) -> TrainingPlan | None:
    """Return the plan in run.json, if there is one."""
    plan = record.get("plan")
    return None if plan is None else TrainingPlan.from_dict(plan)


def lengths_of(record: Mapping[str, Any]) -> dict[str, LengthHistogram]:
    """Return how long the texts of each set are; empty where the run has not recorded it."""
    try:
        found = record.get("lengths", {}).items()
        return {name: LengthHistogram.from_dict(values) for name, values in found}
    except (AttributeError, LookupError, TypeError, ValueError):
        return {}


def _best(fold: RunDirectory) -> EvaluationRecord:
    best = run_history(fold).best
    assert best is not None  # a fold that has finished was evaluated
    return best


def run_history(run: RunDirectory) -> EvaluationHistory:
    """Return the evaluations of a run, which may be none.

    Raises:
        InputError: they are not what kbert has written.
    """
    file = run.path / "evaluations.json"
    if not file.is_file():
        return EvaluationHistory()
    try:
        return EvaluationHistory.from_dict(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise InputError("{file} is not as kbert wrote it.", file=file) from error


def _baselines(run: RunDirectory) -> Baselines | None:
    try:
        return Baselines.from_dict(json.loads((run.path / BASELINES).read_text(encoding="utf-8")))
    except (OSError, LookupError, TypeError, ValueError, AttributeError):
        return None


def write_report(run: str | Path, output: str | Path | None = None) -> Path:
    """Write the page of a run, and return its path.

    Args:
        run: str or Path. The run directory.
        output: str or Path, or None. A file to write, which must not exist yet. Defaults to None:
            report.html in the run, which is overwritten.

    Raises:
        InputError: this is not a run, or something exists at `output`.
    """
    directory = RunDirectory(run)
    content = page(report_of_run(directory))
    if output is None:
        write_text(directory.path / REPORT, content)
        return directory.path / REPORT
    return write_page(content, Path(output))


def write_page(content: str, output: Path) -> Path:
    """Write a page to a file that must not exist yet, and return its path."""
    with publishing(output) as new, writing(output):
        new.write_text(content, encoding="utf-8")
    return output
