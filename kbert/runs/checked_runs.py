"""Runs that can be compared."""

from collections.abc import Sequence
from pathlib import Path

from kbert.errors import InputError
from kbert.findings import Call, Cure, Joined
from kbert.interop.sources import find_source
from kbert.runs.evaluated_rows import folds_of, is_cross_validation
from kbert.runs.run_config import check_is_run
from kbert.runs.run_directory import RunDirectory
from kbert.utils.wording import name_list

_MOST_NAMED = 5  # labels


def checked_runs(runs: Sequence[str | Path]) -> list[RunDirectory]:
    """Return the directories of runs that have finished and have the same labels.

    Args:
        runs: sequence of str or Path. Two or more run directories.

    Raises:
        InputError: there are fewer than two, one is named twice, is not a run or has not finished,
            or they differ in kind or in their labels.
    """
    if len(runs) < 2:
        raise InputError(
            "A comparison needs two runs or more. Received: {runs}",
            runs=Joined(map(str, runs)),
            cure=Cure(call=Call("compare", *runs, "RUN")),
        )
    directories = [RunDirectory(run) for run in runs]
    seen = set()
    for run in directories:
        place = run.path.resolve()
        if place in seen:
            raise InputError("{run} is named twice. Name each run once.", run=run)
        seen.add(place)
    for run in directories:
        check_is_run(run)
        _check_finished(run)
    for other in directories[1:]:
        _check_alike(directories[0], other)
    return directories


def _check_finished(run: RunDirectory) -> None:
    status = run.record.get("status")
    if status != "finished":
        raise InputError(
            "{run} has not finished (its status is {status!r:.80}): its scores are not final.",
            run=run,
            status=status,
            cure=Cure(call=Call("resume", run)),
        )


def _check_alike(first: RunDirectory, other: RunDirectory) -> None:
    """Raise InputError unless two runs are of the same kind and have the same labels."""
    if is_cross_validation(first) != is_cross_validation(other):
        folds, single = (first, other) if is_cross_validation(first) else (other, first)
        raise InputError(
            "{folds} is a cross-validation, scored on all its rows, and {single} is not: they "
            "cannot be compared.",
            folds=folds,
            single=single,
            cure=Cure(note="compare runs of the same kind"),
        )
    kinds = [find_source(_model(run).path).target().kind for run in (first, other)]
    if kinds[0] != kinds[1]:
        raise InputError(
            "{other} has a different target than {first}: {received}, not {kind}.",
            first=first,
            other=other,
            kind=kinds[0],
            received=kinds[1],
        )
    labels = [_model(run).record.get("labels") or [] for run in (first, other)]
    if set(labels[0]) != set(labels[1]):
        raise InputError(
            "{other} has different labels than {first}: {received}, not {labels}.",
            first=first,
            other=other,
            labels=name_list(labels[0], _MOST_NAMED),
            received=name_list(labels[1], _MOST_NAMED),
        )


def _model(run: RunDirectory) -> RunDirectory:
    """Return the run that holds the model; for a cross-validation, its first fold."""
    return folds_of(run)[0] if is_cross_validation(run) else run
