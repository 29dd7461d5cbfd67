"""Resume an interrupted pretraining run, with its plan."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from kbert.checkpoints.checkpoint import Checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.run_steps import FROM_THE_START
from kbert.config import CheckpointOptions, TrackerOptions
from kbert.config.pretrain_config import PretrainConfig
from kbert.data.reading.file_patterns import is_there
from kbert.errors import InputError, allowed_in
from kbert.findings import Call, Cure, Option, worded
from kbert.runs.allowed_findings import allowed_findings
from kbert.runs.beginning import complete_record
from kbert.runs.build_masked_model import build_masked_model
from kbert.runs.changed_data import changed_data
from kbert.runs.find_checkpoint import find_checkpoint
from kbert.runs.fit_pretraining import fit_pretraining
from kbert.runs.learning_rate_log import rewind_log
from kbert.runs.on_devices import check_one_process
from kbert.runs.prepare_pretraining import PreparedPretraining, prepare_pretraining
from kbert.runs.resumption import plan_of
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_lock import run_lock
from kbert.runs.run_record import check_record
from kbert.trackers.find_trackers import find_trackers
from kbert.utils.now import now
from kbert.utils.say import say, verbosity

_PATHS = ("data", "dev", "preset")
_OPTIONS = (CheckpointOptions, TrackerOptions)
_CHANGEABLE = (*(field.name for of in _OPTIONS for field in fields(of)), "backend", "devices")


def resume_pretraining(
    run: RunDirectory,
    changes: Mapping[str, Any],
    *,
    checkpoint: str | None = None,
    scale_epochs: bool = False,
    allow: Sequence[str] = (),
    verbose: int = 1,
) -> RunDirectory:
    """Resume a run of `pretrain` from its last checkpoint, or another one; see `resume`.

    Its plan stays as it is.

    Args:
        run: RunDirectory.
        changes: dict, the settings of the checkpoints and trackers, `backend` and `devices`.
        checkpoint: str or None. The name of an earlier checkpoint. Defaults to None: the last.
        scale_epochs: bool. Must be False. Defaults to False.
        allow: sequence of str. Codes of findings that do not stop the run. Defaults to ().
        verbose: int. 0 prints nothing. Defaults to 1.

    Raises:
        KbertError: there is nothing to resume, its texts have changed, or a setting cannot change.
    """
    check_one_process()
    given = {name: value for name, value in changes.items() if value is not None}
    others = [name for name in given if name not in _CHANGEABLE]
    others += ["scale_epochs"] * scale_epochs
    if others:
        raise InputError(
            "A resumed pretraining keeps its plan: it cannot change {option}.",
            option=Option(others[0]),
            cure=_further(run),
        )
    with verbosity(verbose), allowed_in("kbert.resume(..., {})"), run_lock(run.path):
        complete_record(run.path)
        config = replace(_config(run), **given)
        config = replace(config, allow=tuple(dict.fromkeys((*config.allow, *allow))))
        find_trackers(config.trackers)
        store = CheckpointStore(run.checkpoints)
        start = find_checkpoint(run, store, checkpoint)
        if start is None:
            say(
                worded(
                    "{run} was stopped before its first checkpoint and starts from scratch.",
                    run=run,
                )
            )
        else:
            _check_unfinished(run, start)
            say(
                worded(
                    "Resuming from {name}: {position}",
                    name=start.path.name,
                    position=start.position,
                )
            )
        prepared = prepare_pretraining(config, resumes=True)
        _check_texts(run, prepared)
        model = build_masked_model(prepared)
        begin = partial(_rewind, run, prepared, start)
        fit_pretraining(prepared, model, run, start, begin=begin)
    return run


def _config(run: RunDirectory) -> PretrainConfig:
    """Return a run's settings; paths not found from here are taken from where it was started."""
    config = PretrainConfig.from_toml(run.path / "config.toml")
    start = Path(run.record.get("started_in", "."))
    paths = {name: getattr(config, name) for name in _PATHS}
    moved: dict[str, Any] = {
        name: str(start / path)
        for name, path in paths.items()
        if path is not None and not is_there(path) and is_there(start / path)
    }
    return replace(config, **moved)


def _check_unfinished(run: RunDirectory, start: Checkpoint) -> None:
    """Raise InputError when the run has finished, and its model is there."""
    has_model = (run.model_folder / "model.safetensors").is_file()
    is_last = start.position.batches_done >= plan_of(start).batches
    if run.record.get("status") == "finished" and has_model and is_last:
        raise InputError(
            "{run} has completed its pretraining.",
            run=run,
            cure=_further(run),
        )


def _further(run: RunDirectory) -> Cure:
    note = "to pretrain its model further in a new run"
    return Cure(call=Call("pretrain", "TEXTS", preset=str(run)), note=note)


def _check_texts(run: RunDirectory, prepared: PreparedPretraining) -> None:
    """Raise FindingsError when the texts, or how they are read, are not those of the run."""
    record = run.record
    check_record(run.path / "run.json", record, prepared.sets)
    recorded = record["data"]
    findings = [
        changed_data(run, examples, recorded[name])
        for name, examples in prepared.sets.items()
        if recorded[name]["sha256"] != examples.fingerprint
    ]
    allowed_findings(findings, prepared.config.allow)
    words = record.get("chinese_words", prepared.words)
    if words != prepared.words:
        raise InputError(
            "{run} was started with another segmentation of Chinese: {recorded}. Received: "
            "{received}. Install what it was started with, or remove what is installed.",
            run=run,
            recorded=words,
            received=prepared.words,
        )


def _rewind(run: RunDirectory, prepared: PreparedPretraining, start: Checkpoint | None) -> None:
    """Rewind a run's files to the checkpoint that it resumes from, or to its beginning."""
    run.clean()
    if start is None:
        rewind_log(run.path, 0, FROM_THE_START)
    else:
        rewind_log(run.path, start.position.batches_done, start.steps)
    if start is None or not (start.evaluations or {}).get("epochs"):
        run.remove_evaluations()
    resumed = {"at": now(), "from": None if start is None else start.path.name}
    run.write_config(prepared.config.to_toml())
    run.update(status="running", resumed=[*run.record.get("resumed", []), resumed])
