"""The rows that a run was evaluated on, and what its model predicts for them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.errors import InputError, KbertError
from kbert.findings import Call, Cure, Text, worded
from kbert.interop.sources import find_source
from kbert.results.prediction_table import PredictionTable
from kbert.runs.fold_predictions import OUT_OF_FOLD
from kbert.runs.read_sets import read_files
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import PREDICTIONS, RunDirectory
from kbert.runs.run_predictions import evaluated_sets, predict_again
from kbert.targets.target import Target


@dataclass(frozen=True)
class EvaluatedRows:
    """The rows that a run was evaluated on, and what its model predicts for them.

    For a cross-validation these are all rows, each predicted by the model of the fold that was not
    trained on it.

    Args:
        name: str. What the set is called.
        target: Target. What a label is.
        table: PredictionTable or None. None where it is not known; a note gives the reason.
        examples: Examples or None. The same rows; None where they cannot be read again.
        notes: tuple of str. What is missing, and why.
    """

    name: Text
    target: Target
    table: PredictionTable | None
    examples: Examples | None
    notes: tuple[str, ...] = ()


def is_cross_validation(run: RunDirectory) -> bool:
    """Whether a run is a cross-validation, with a run for each fold inside."""
    return "cross_validation" in run.readable_record


def folds_of(run: RunDirectory) -> list[RunDirectory]:
    """Return the runs of the folds of a cross-validation that has ended.

    Raises:
        InputError: it has not ended.
    """
    folds = run.record["cross_validation"].get("folds")
    if not isinstance(folds, int) or not (run.path / OUT_OF_FOLD).is_file():
        raise InputError(
            "{run} has not trained all its folds, so not all rows are predicted.",
            run=run,
            cure=Cure(call=Call("resume", run)),
        )
    return [RunDirectory(run.path / f"fold-{number}") for number in range(1, folds + 1)]


def rows_of_run(
    run: RunDirectory, name: str, sets: Mapping[str, Examples] | None = None
) -> EvaluatedRows:
    """Return the rows of a set that a run was evaluated on.

    Args:
        run: RunDirectory.
        name: str. The set, such as "dev".
        sets: dict of labelled Examples by name. Defaults to None: they are read again.
    """
    notes, table, examples = [], None, None
    try:
        examples = (evaluated_sets(run) if sets is None else sets)[name]
    except KbertError as error:
        notes.append(worded("The texts are left out: {error}", error=error))
    try:
        table = _predictions_of_set(run, name)
    except KbertError as error:
        notes.append(worded("The results for single rows are left out: {error}", error=error))
    return EvaluatedRows(name, find_source(run.path).target(), table, examples, tuple(notes))


def _predictions_of_set(run: RunDirectory, name: str) -> PredictionTable:
    if not (run.path / PREDICTIONS).is_file():  # a run of kbert 0.1
        predict_again(run)
    return PredictionTable.read(run.path / PREDICTIONS, run.record["labels"]).of_place("set", name)


def predictions_of(run: RunDirectory) -> PredictionTable:
    """Return what a run's best model predicts for the set that it was chosen by, without the texts.

    For a cross-validation, it is what is predicted for all rows.

    Raises:
        InputError: nothing was evaluated, or a file is not what kbert has written.
    """
    if is_cross_validation(run):
        return PredictionTable.read(run.path / OUT_OF_FOLD, folds_of(run)[0].record["labels"])
    best = run.best_scores()
    if best is None:
        raise InputError("{run} has no evaluation.", run=run)
    return _predictions_of_set(run, best["set"])


def rows_out_of_fold(run: RunDirectory) -> EvaluatedRows:
    """Return all rows of a cross-validation.

    Raises:
        InputError: it has not ended, or out_of_fold.csv is not what kbert has written.
    """
    folds = folds_of(run)
    table = PredictionTable.read(run.path / OUT_OF_FOLD, folds[0].record["labels"])
    target = find_source(folds[0].path).target()
    if not target.takes_names:  # fitted to all rows, not to those of a fold
        target = type(target)().fitted(table.true)
    try:
        examples = _whole(run, folds, table)
    except KbertError as error:
        note = worded("The texts are left out: {error}", error=error)
        return EvaluatedRows(worded("all rows"), target, table, None, (note,))
    return EvaluatedRows(worded("all rows"), target, table, examples)


def _whole(run: RunDirectory, folds: list[RunDirectory], table: PredictionTable) -> Examples:
    """Return the rows of a table, read again.

    Raises:
        InputError: they have changed since, or cannot be read.
    """
    config = run_config(run)
    whole, _ = read_files(replace(config, allow=("too-many-classes",)))
    numbers = np.array([whole.number(at) for at in range(len(whole))])
    if any(RecordedSplit.of(fold).divide(whole) is None for fold in folds) or not np.array_equal(
        numbers, np.array(table.places["row"], np.int64)
    ):
        raise InputError(
            "{source} has changed since {run} was trained.",
            source=config.data,
            run=run,
            cure=Cure(note="restore the file"),
        )
    return whole
