"""Cross-validation: a run for each fold, inside one directory."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert import __version__
from kbert.backend.machine import versions
from kbert.config import TrainConfig
from kbert.errors import InputError
from kbert.findings import Call, Cure, Option, worded
from kbert.results.calibration_change import CalibrationChange
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.fold_scores import fold_scores, scores_table, scores_to_dict
from kbert.runs.beginning import complete_record, has_record, new_stage, remove_record
from kbert.runs.fold_calibration import fold_calibration
from kbert.runs.fold_predictions import (
    OUT_OF_FOLD,
    fold_target,
    join_predictions,
)
from kbert.runs.report_of_run import try_to_write_report
from kbert.runs.run_claim import claimed_run
from kbert.runs.run_directory import PREDICTIONS, RunDirectory
from kbert.runs.run_predictions import predict_again
from kbert.utils.files import write_text
from kbert.utils.now import now
from kbert.utils.say import say

SCORES = "cross_validation.json"


def begin_cross_validation(
    run: RunDirectory, config: TrainConfig, callbacks: Sequence[str] = ()
) -> None:
    """Write the record of a cross-validation, which `resume` needs, before its first fold."""
    staged = RunDirectory(new_stage(run.path))
    staged.write_config(replace(config, output=str(run)).to_toml())
    staged.update(
        id=secrets.token_hex(8),
        status="running",
        started=now(),
        started_in=str(Path.cwd()),
        versions={"kbert": __version__, **versions()},
        cross_validation={"folds": config.folds},
        **({"callbacks": list(callbacks)} if callbacks else {}),
    )
    complete_record(run.path)


def train_folds(
    run: RunDirectory,
    config: TrainConfig,
    begin: Callable[[RunDirectory, TrainConfig], None],
    resume: Callable[[Path], object] | None = None,
) -> None:
    """Train the folds that are not trained yet, and write the scores of all.

    Args:
        run: RunDirectory. It has the record of a cross-validation.
        config: TrainConfig. Its settings.
        begin: function that trains a fold in an empty directory.
        resume: function that resumes the run of a fold. Defaults to None: none has been started.
    """
    assert config.folds is not None
    folds = [RunDirectory(run.path / f"fold-{n}") for n in range(1, config.folds + 1)]
    run.update(status="running")
    for number, fold in enumerate(folds, start=1):
        if _is_finished(fold):
            say(worded("Fold {number} of {folds}: trained", number=number, folds=config.folds))
            continue
        say(worded("\nFold {number} of {folds}", number=number, folds=config.folds))
        try:
            _train(fold, replace(config, fold=number), begin, resume)
        except BaseException as error:
            if resume is None and not has_record(folds[0].path):
                remove_record(run.path)  # nothing was trained: the run can be started again
                raise
            stopped = isinstance(error, KeyboardInterrupt)
            run.try_to_update(status="stopped" if stopped else "failed", ended=now())
            # Replaces the note of the fold itself: one command trains all that is left.
            error.__notes__ = [
                worded(
                    "{resume} continues with fold {number}.",
                    resume=Call("resume", run.path),
                    number=number,
                )
            ]
            raise
    _write_scores(run, folds)
    if config.report:
        try_to_write_report(run, {}, end={})


def _train(
    fold: RunDirectory,
    config: TrainConfig,
    begin: Callable[[RunDirectory, TrainConfig], None],
    resume: Callable[[Path], object] | None,
) -> None:
    """Train a fold, or what is left of it."""
    if fold.readable_record.get("status") != "finished":
        if resume is not None and has_record(fold.path):
            resume(fold.path)
        else:
            with claimed_run(fold.path, folder=fold.path.parent, name=fold.path.name) as claimed:
                begin(claimed, replace(config, output=str(fold)))
    if not (fold.path / PREDICTIONS).is_file():  # someone has removed it meanwhile
        predict_again(fold)
    import keras

    keras.utils.clear_session(free_memory=True)  # the next fold needs nothing from this one


def _is_finished(fold: RunDirectory) -> bool:
    return fold.readable_record.get("status") == "finished" and (fold.path / PREDICTIONS).is_file()


def _write_scores(run: RunDirectory, folds: list[RunDirectory]) -> None:
    """Write and show the scores of all folds, and record the end of the run last."""
    bests = []
    for fold in folds:
        record = json.loads((fold.path / "evaluations.json").read_text(encoding="utf-8"))
        best = EvaluationHistory.from_dict(record).best
        assert best is not None  # a fold that has finished was evaluated
        bests.append(best)
    scores = fold_scores({name: [best.scores[name] for best in bests] for name in bests[0].scores})
    together, calibration = join_predictions(run, folds), fold_calibration(folds)
    values = {
        "folds": len(folds),
        "best_epochs": [best.epoch for best in bests],
        "scores": scores_to_dict(scores),
        "out_of_fold": together.to_dict(),
        **({} if calibration is None else {"calibration": calibration}),
    }
    write_text(run.path / SCORES, json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    say(worded("\nCross-validation of {folds} folds, each at its best epoch:", folds=len(folds)))
    say(scores_table(scores))
    say(
        worded(
            "All rows, predicted out of fold ({file}): {together}",
            file=OUT_OF_FOLD,
            together=together,
        )
    )
    if note := fold_target(folds).of_unseen_rows:
        say(note)
    if calibration is not None:
        change = CalibrationChange.from_dict(calibration)
        say(
            worded(
                "Each fold has fitted its temperature on the rows that it predicts. On new rows, "
                "estimated by fitting it on each half of a fold and scoring the other, the mean of "
                "the folds: {change}.",
                change=change,
            )
        )
    summary: dict[str, Any] = {
        name: {score: found.mean for score, found in of_set.items()}
        for name, of_set in scores.items()
    }
    run.update(
        cross_validation={"folds": len(folds), "means": summary}, status="finished", ended=now()
    )


def check_unchanged(
    run: RunDirectory,
    changes: Mapping[str, Any],
    checkpoint: str | None,
    *,
    scale_epochs: bool,
) -> None:
    """Raise InputError where a cross-validation would be resumed with other settings, or again."""
    given = [*changes, *(["checkpoint"] if checkpoint else [])]
    given += ["scale_epochs"] if scale_epochs else []
    if given:
        raise InputError(
            "The folds of {run} are compared, so all must be trained in the same way: leave out "
            "{option}.",
            run=run,
            option=Option(given[0]),
            cure=Cure(note="for other settings, start a new run"),
        )
    folds = run.record["cross_validation"].get("folds")
    if run.record.get("status") == "finished" and isinstance(folds, int):
        every = (RunDirectory(run.path / f"fold-{n}") for n in range(1, folds + 1))
        if all(map(_is_finished, every)) and (run.path / SCORES).is_file():
            raise InputError("{run} has trained all its {folds} folds.", run=run, folds=folds)
