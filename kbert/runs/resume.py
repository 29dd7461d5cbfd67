"""An interrupted run goes on, as it was planned or with a changed plan."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.checkpoints.checkpoint_files import Checkpoint, read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.config import TrainConfig
from kbert.errors import InputError, KbertError, check_codes, raise_on_errors
from kbert.findings import downgrade
from kbert.plans.changed_plan import ChangedPlan
from kbert.plans.training_plan import TrainingPlan
from kbert.results.evaluation_history import EvaluationHistory
from kbert.runs.fit_run import fit_run, now
from kbert.runs.prepare import PreparedRun, build_model, prepare
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_lock import run_lock
from kbert.runs.train import plan_record
from kbert.utils.command_name import command_name
from kbert.utils.files import atomic_file

PLAN_FIELDS = (
    "epochs",
    "batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "warmup_proportion",
)
_OF_THE_CHECKPOINTS = ("checkpoint_steps", "checkpoint_minutes", "keep_checkpoints")
CHANGEABLE = (*PLAN_FIELDS, *_OF_THE_CHECKPOINTS, "backend")


def resume(
    run: str | Path,
    *,
    scale_epochs: bool = False,
    checkpoint: str | None = None,
    allow: Sequence[str] = (),
    report: Callable[[str], None] = print,
    **changes: Any,
) -> RunDirectory:
    """Go on with a run from its last committed checkpoint, and return it.

    On the same machine and backend the run ends with the very weights and scores that it would
    have had undisturbed. With other `epochs`, `batch_size`,
    `gradient_accumulation_steps`, `learning_rate` or `warmup_proportion`, the
    plan is a new one, and the point from which it goes on is that of the
    same examples seen; old and new plan are shown.

    Args:
        run: str or Path.
        scale_epochs: bool. Make the epochs so many that the new plan has the updates of the old
            one. Defaults to False.
        checkpoint: str or None. The name of an earlier checkpoint to go back to. Defaults to None:
            the last.
        allow: sequence of str. Codes of differences from the checkpoint that are not to stop the
            resumption, such as "data-differs". Defaults to ().
        report: function of str. Defaults to `print`.
        **changes: the settings of the plan named above, those of the checkpoints, `backend`,
            `force`.

    Raises:
        KbertError: there is no checkpoint or it is damaged, the data are others, another process
            is at work on the run, or nothing would be trained.

    Example:

    ```python
    resume("runs/a", batch_size=64, scale_epochs=True)
    ```
    """
    for name in changes:
        if name not in CHANGEABLE:
            raise InputError(
                "A resumed run cannot change `{name}`; it can change {changeable}. For other "
                "settings: kbert continue {run} --output NEW",
                name=name,
                changeable=", ".join(CHANGEABLE),
                run=run,
            )
    check_codes(allow)
    directory = RunDirectory(run)
    if not (directory.path / "config.toml").is_file():
        what = "is no run directory" if directory.path.exists() else "does not exist"
        raise InputError(
            "{run} {what}. Name one that `kbert train` has written.", run=run, what=what
        )
    with run_lock(directory.path):
        store = CheckpointStore(directory.checkpoints)
        found = _read(directory, store, checkpoint)
        if found is None:
            asked = {name: value for name, value in changes.items() if value is not None}
            _begin(directory, asked, tuple(allow), report)
            return directory
        config, change = _changed(directory, found, scale_epochs, changes)
        finished = directory.record.get("status") == "finished"
        if change.remaining == 0 and change.new == change.old and finished:
            raise InputError(
                "{directory} has made all its {epochs} epochs. To train longer by the same "
                "plan: --epochs {epochs2}; for a second training: kbert continue {directory}",
                directory=directory,
                epochs=change.old.epochs,
                epochs2=change.old.epochs + 1,
            )
        report(f"Going on from {found.path.name}: {found.position}")
        report(str(change))
        trained = change.remaining == 0 and change.new == change.old
        findings = [] if trained else change.findings()
        if change.remaining == 0:
            raise_on_errors(findings)  # which nothing can help
        raise_on_errors(downgrade(findings, (*config.allow, *allow)), can_allow=True)
        _go_on(directory, store, found, config, change, trained, tuple(allow), report)
    return directory


def _read(run: RunDirectory, store: CheckpointStore, name: str | None) -> Checkpoint | None:
    """Return the checkpoint to go on from; offer an earlier one where it is damaged."""
    path = store.last() if name is None else store.folder / name
    if path is None:
        return None
    if name is not None and path not in store.committed():
        store.rewind_to(name)  # for its message
    try:
        # Without the arrays, which would stay in the memory for as long as the run lasts.
        found = read_checkpoint(path, with_arrays=False)
        if name is not None:
            best = None
            if found.evaluations is not None:
                best = EvaluationHistory.from_dict(found.evaluations).best
            store.rewind_to(name, None if best is None else f"-{best.position}")
        return found
    except KbertError as error:
        others = [other.name for other in store.committed() if other != path]
        if not others:
            raise
        raise InputError(
            "{error} The checkpoint before it: {kbert} resume {run} --checkpoint {others}",
            error=error,
            kbert=command_name(),
            run=run,
            others=others[-1],
        ) from None


def _changed(
    run: RunDirectory, found: Checkpoint, scale_epochs: bool, changes: dict[str, Any]
) -> tuple[TrainConfig, ChangedPlan]:
    """Return the settings to go on with, and the change of the plan."""
    config = run_config(run)
    old = TrainingPlan.from_dict(found.facts["plan"])
    # The plan that has been trained by, not that of an attempt which came to no checkpoint.
    trained_by = {name: getattr(old, name) for name in PLAN_FIELDS}
    asked = {name: value for name, value in changes.items() if value is not None}
    config = replace(config, **{**trained_by, **asked})
    change = ChangedPlan(old, config.plan(old.examples), found.position.examples_seen)
    if scale_epochs and change.new != change.old:
        change = change.in_proportion()
        config = replace(config, epochs=change.new.epochs)
    return config, change


def _begin(
    run: RunDirectory,
    changes: dict[str, Any],
    allow: tuple[str, ...],
    report: Callable[[str], None],
) -> None:
    """Train a run that was stopped before its first checkpoint, from its beginning."""
    report(f"{run} was stopped before its first checkpoint, and begins anew.")
    config = replace(run_config(run), **changes)
    prepared = prepare(config, report)
    if "data-differs" not in allow:
        _check_data(run, prepared)
    model = _model(run, prepared, config, 0, report)
    fit_run(prepared, model, run, report)


def _model(
    run: RunDirectory,
    prepared: PreparedRun,
    config: TrainConfig,
    batches_done: int,
    report: Callable[[str], None],
) -> Any:
    """Return the model, compiled, the run having been taken back to where it goes on."""
    model = build_model(prepared, report)
    from kbert.optimizers import create_optimizer

    model.compile(optimizer=create_optimizer(prepared.plan), metrics=["accuracy"])
    run.rewind(batches_done)
    run.write_config(replace(prepared.config, parent=config.parent).to_toml())
    run.update(status="running", plan=plan_record(prepared.plan))
    return model


def _go_on(
    run: RunDirectory,
    store: CheckpointStore,
    found: Checkpoint,
    config: TrainConfig,
    change: ChangedPlan,
    trained: bool,
    allow: tuple[str, ...],
    report: Callable[[str], None],
) -> None:
    own = config
    if config.parent is not None and run.model_folder.exists():
        # The run has a model of its own by now, and its parent may be gone.
        own = replace(config, parent=str(run))
    prepared = prepare(own, report)
    if "data-differs" not in allow:
        _check_data(run, prepared)
    model = _model(run, prepared, config, found.position.batches_done, report)
    _restore_best(run, store)
    resumed = {
        "at": now(),
        "from": found.path.name,
        "after_epoch": found.position.epoch,
        "batch": found.position.batch,
        "backend": prepared.config.backend,
    }
    run.update(resumed=[*run.record.get("resumed", []), resumed])
    fit_run(
        prepared,
        model,
        run,
        report,
        resume=True,
        batches_done=change.new_batches,
        trained=trained,
        allow=(*config.allow, *allow),
    )


def _restore_best(run: RunDirectory, store: CheckpointStore) -> None:
    """Give the run the best model of the epochs that it goes on from."""
    best = store.best()
    file = run.model_folder / "model.safetensors"
    if best is not None and file.exists():
        weights = best / "model.safetensors"
        atomic_file(file, lambda new: shutil.copyfile(weights, new))


def _check_data(run: RunDirectory, prepared: PreparedRun) -> None:
    recorded = run.record.get("data", {})
    for name, examples in {"train": prepared.training, **prepared.sets}.items():
        if recorded.get(name, {}).get("sha256") != examples.fingerprint:
            raise InputError(
                "{source} is not what {run} was started with: its content has changed. Restore "
                "the file, or train further on the new one: kbert continue {run} DATA --output "
                "NEW; or go on nevertheless: --allow data-differs",
                source=examples.source,
                run=run,
            )
