"""Resume an interrupted run, with its plan or a changed one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from kbert.backend import processes
from kbert.backend.machine import machine, versions
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.training_identity import identity_findings
from kbert.errors import InputError, MachineError, allowed_in, check_codes
from kbert.findings import Finding, Option, findings_table, worded
from kbert.interop.pretraining_run import is_pretraining
from kbert.runs.allowed_findings import allowed_findings
from kbert.runs.beginning import complete_record
from kbert.runs.best_model import has_model
from kbert.runs.build_model import build_model
from kbert.runs.changed_data import changed_data
from kbert.runs.changed_settings import changed_settings, check_changes, check_scaled
from kbert.runs.cross_validation import check_unchanged, train_folds
from kbert.runs.find_checkpoint import find_checkpoint
from kbert.runs.fit_run import fit_run
from kbert.runs.given_callbacks import CallbackLike, GivenCallbacks, missing_callbacks
from kbert.runs.machine_findings import machine_findings
from kbert.runs.origin import origin, origin_findings
from kbert.runs.prepare import PreparedRun, prepare
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.resume_pretraining import resume_pretraining
from kbert.runs.resumption import Resumption
from kbert.runs.rewind import rewind_to_checkpoint, rewind_to_start
from kbert.runs.run_config import check_is_run, check_tables, run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_lock import run_lock
from kbert.runs.run_record import check_record
from kbert.runs.shared_run import check_same, shared_run, written
from kbert.runs.train import train_into
from kbert.runs.what_is_left import what_is_left
from kbert.trackers.find_trackers import find_trackers
from kbert.utils.leaving_note import leave_note
from kbert.utils.now import now
from kbert.utils.say import say, verbosity


def resume(
    run: str | Path,
    *,
    scale_epochs: bool = False,
    checkpoint: str | None = None,
    allow: Sequence[str] = (),
    callbacks: GivenCallbacks | Sequence[CallbackLike] = (),
    verbose: int = 1,
    **changes: Any,
) -> RunDirectory:
    """Resume a run from its last committed checkpoint, and return it.

    With the same machine, threads, backend and versions, the run ends with exactly the weights and
    scores that it would have had without the interruption. If the machine, threads or versions
    differ, this is reported. With other `epochs`, `batch_size`, `update_size`,
    `gradient_accumulation_steps`, `learning_rate` or `warmup_proportion`, the plan is a new one. It
    continues from the same number of examples seen; the old and the new plan are shown. Nothing in
    the run changes before all checks have passed.

    Args:
        run: str or Path.
        scale_epochs: bool. Whether to scale the epochs so that the new plan has as many updates as
            the old one. Defaults to False.
        checkpoint: str or None. The name of an earlier checkpoint to rewind to. Defaults to None:
            the last.
        allow: sequence of str. Codes of findings and of mismatches with the checkpoint that do not
            stop the run, such as "data-differs". Defaults to ().
        callbacks: sequence of your own callbacks, as in `train`. They have to be given again: a run
            imports no callbacks, and only reports which of those that it has recorded are missing.
            Their state, such as the epochs that EarlyStopping has waited, starts from scratch.
            Defaults to ().
        verbose: int. 0 prints nothing. Defaults to 1.
        **changes: the plan settings named above, those of checkpoints and trackers, or `backend`.

    Raises:
        KbertError: there is no run, its checkpoint is damaged or gone, its data or the model that
            it starts from have changed, another process is using it, or nothing would be trained.

    Example:

    ```python
    resume("runs/a", batch_size=64, scale_epochs=True)
    ```
    """
    check_codes(allow)
    directory = RunDirectory(run)
    if is_pretraining(directory.path):
        if callbacks:
            raise InputError("Pretraining takes no {option}.", option=Option("callbacks"))
        return resume_pretraining(
            directory,
            changes,
            checkpoint=checkpoint,
            scale_epochs=scale_epochs,
            allow=allow,
            verbose=verbose,
        )
    check_changes(directory, changes)
    check_is_run(directory)
    check_tables(directory)
    given = {name: value for name, value in changes.items() if value is not None}
    if "sweep" in directory.record:
        raise InputError(
            "{run} is a sweep, which the command line resumes; here, resume one of its runs.",
            run=directory,
        )
    if "cross_validation" in directory.record:
        check_unchanged(directory, given, checkpoint, scale_epochs=scale_epochs)
        with (
            verbosity(processes.level_of(verbose)),
            allowed_in("kbert.resume(..., {})"),
            run_lock(directory.path),
        ):
            config = run_config(directory)
            find_trackers(config.trackers)
            given_again = GivenCallbacks.of(callbacks, config)
            resume_fold = partial(resume, allow=allow, callbacks=given_again, verbose=verbose)
            begin = partial(train_into, given=given_again)
            train_folds(directory, config, begin=begin, resume=resume_fold)
        return directory
    if scale_epochs:
        check_scaled(given)
    with (
        verbosity(processes.level_of(verbose)),
        allowed_in("kbert.resume(..., {})"),
        shared_run(_held(directory)) as directory,
    ):
        try:
            store = CheckpointStore(directory.checkpoints)
            found = find_checkpoint(directory, store, checkpoint)
            if found is None:
                if scale_epochs:
                    raise InputError(
                        "{run} has no checkpoint yet: name the epochs in place of {scale}.",
                        run=directory,
                        scale=Option("scale_epochs"),
                    )
                _restart(directory, given, allow, callbacks)
            else:
                resumption = Resumption.from_checkpoint(
                    directory, store, found, given, allow, scale_epochs=scale_epochs
                )
                _resume(replace(resumption, is_rewound=checkpoint is not None), callbacks)
        except KeyboardInterrupt as stop:
            leave_note(
                stop,
                worded("nothing was changed; {left}", left=what_is_left(directory)),
            )
            raise
        except MemoryError as error:
            raise MachineError(
                "Out of memory: {run} cannot be resumed. {left}",
                run=directory,
                left=what_is_left(directory),
            ) from error
    return written(directory)


@contextmanager
def _held(run: RunDirectory) -> Iterator[RunDirectory]:
    """Hold a run for this process, with its first record moved into place."""
    with run_lock(run.path):
        complete_record(run.path)
        yield run


def _restart(
    run: RunDirectory,
    changes: Mapping[str, Any],
    allow: Sequence[str],
    callbacks: GivenCallbacks | Sequence[CallbackLike],
) -> None:
    """Restart a run that was stopped before its first checkpoint."""
    say(worded("{run} was stopped before its first checkpoint and starts from scratch.", run=run))
    config = run_config(run)
    config = replace(config, **changed_settings(vars(config), changes))
    config = replace(config, allow=tuple(dict.fromkeys((*config.allow, *allow))))
    find_trackers(config.trackers)
    given = GivenCallbacks.of(callbacks, config)
    prepared = prepare(
        config,
        split=RecordedSplit.of(run),
        tokenizer_sha256=run.record.get("tokenizer_sha256"),
    )
    _check_data(run, prepared)
    check_same(prepared)
    model = build_model(prepared)
    _check_origin(run, prepared, origin(model, prepared.config))
    _compare(run, prepared, given)
    begin = partial(rewind_to_start, run, prepared, config)
    fit_run(prepared, model, run, begin=begin, given=given)


def _resume(resumption: Resumption, callbacks: GivenCallbacks | Sequence[CallbackLike]) -> None:
    """Train what is left of a run's plan."""
    run, config = resumption.run, resumption.config
    find_trackers(config.trackers)
    given = GivenCallbacks.of(callbacks, config)
    position = resumption.checkpoint.position
    resumption.check_unfinished()
    say(
        worded(
            "Resuming from {name}: {position}",
            name=resumption.checkpoint.path.name,
            position=position,
        )
    )
    say(str(resumption.change))
    allowed = [*resumption.check_plan(), *resumption.check_best()]
    own = config
    if config.parent is not None and has_model(run):
        # The run has a model of its own by now, and its parent may be gone.
        own = replace(config, parent=str(run))
    prepared = prepare(
        own,
        split=RecordedSplit.of(run),
        tokenizer_sha256=run.record.get("tokenizer_sha256"),
    )
    allowed += _check_data(run, prepared)
    check_same(prepared)
    model = build_model(prepared)
    # The weights are the checkpoint's by now, but the model's settings are read again.
    read_again = {"settings_sha256": origin(model, prepared.config)["settings_sha256"]}
    allowed += _check_origin(run, prepared, read_again)
    resumed = {
        "at": now(),
        "from": resumption.checkpoint.path.name,
        "after_epoch": position.epoch,
        "batch": position.batch,
        "backend": prepared.config.backend,
        **({"callbacks": given.names} if given else {}),
        **_compare(run, prepared, given, allowed),
    }
    begin = partial(rewind_to_checkpoint, resumption, prepared, model.get_config(), resumed)
    fit_run(prepared, model, run, resumption, begin=begin, given=given)


def _check_origin(
    run: RunDirectory, prepared: PreparedRun, found: Mapping[str, str]
) -> list[Finding]:
    """Raise FindingsError if what the run starts from has changed since it was started."""
    findings = origin_findings(run.record.get("origin", {}), found, prepared.config)
    return allowed_findings(findings, prepared.config.allow)


def _compare(
    run: RunDirectory,
    prepared: PreparedRun,
    given: GivenCallbacks,
    allowed: Sequence[Finding] = (),
) -> dict[str, Any]:
    """Show what may change the result, and return its record for run.json.

    The allowed findings have been shown already.
    """
    backend = prepared.config.backend
    assert backend is not None
    here, present = machine(backend), versions()
    findings = machine_findings(run.record, here, present, backend)
    findings += missing_callbacks(run.record.get("callbacks"), given)
    if findings:
        say(findings_table(findings))
    found = [finding.to_record() for finding in (*allowed, *findings)]
    return {"machine": here, "findings": found}


def _check_data(run: RunDirectory, prepared: PreparedRun) -> list[Finding]:
    """Raise FindingsError if a file has changed since the run was started."""
    sets = {"train": prepared.training, **prepared.sets}
    record = run.record
    check_record(run.path / "run.json", record, sets)
    recorded = record["data"]
    findings = [
        changed_data(run, examples, recorded[name])
        for name, examples in sets.items()
        if recorded[name]["sha256"] != examples.fingerprint
    ]
    tokenizer = record.get("tokenizer_sha256", prepared.tokenizer.fingerprint)
    findings += identity_findings(
        {"tokenizer": tokenizer}, {"tokenizer": prepared.tokenizer.fingerprint}
    )
    return allowed_findings(findings, prepared.config.allow)
