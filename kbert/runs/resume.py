"""An interrupted run goes on, as it was planned or with a changed plan."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.changed_plan import ChangedPlan
from kbert.errors import KbertError
from kbert.findings import forgive, refuse_errors
from kbert.models.checkpoint_position import Position, read_position
from kbert.plan import TrainingPlan
from kbert.runs.fitting import fit_run, now
from kbert.runs.preparation import Prepared, build_model, prepare
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.train import plan_record

_OF_THE_PLAN = ("epochs", "batch_size", "accumulation", "learning_rate", "warmup_proportion")
_MAY_CHANGE = (*_OF_THE_PLAN, "backend", "force")


def resume(
    run: str | Path,
    *,
    scale_epochs: bool = False,
    report: Callable[[str], None] = print,
    **changes: Any,
) -> RunDirectory:
    """Go on with a run from its last checkpoint, and return it.

    With other `epochs`, `batch_size`, `accumulation` or `learning_rate` the plan is a new one, and
    the point from which it goes on is that of the same examples seen; old and new plan are shown.

    Args:
        run: str or Path.
        scale_epochs: bool. Make the epochs so many that the new plan has the updates of the old
            one. Defaults to False.
        report: function of str. Defaults to `print`.
        **changes: `epochs`, `batch_size`, `accumulation`, `learning_rate`, `warmup_proportion`,
            `backend`, `force`.

    Raises:
        KbertError: there is no checkpoint, the data are others, or nothing would be trained.

    Example:

    ```python
    resume("runs/a", batch_size=64, scale_epochs=True)
    ```
    """
    for name in changes:
        if name not in _MAY_CHANGE:
            raise KbertError(
                f"A resumed run cannot change `{name}`; it can change {', '.join(_MAY_CHANGE)}. "
                f"For other settings: kbert continue {run} --output NEW"
            )
    directory = RunDirectory(run)
    folder, position = _checkpoint(directory)
    config = run_config(directory)
    old = TrainingPlan(**position.plan)
    # The plan that has been trained by, not that of an attempt which came to no epoch.
    trained_by = {name: position.plan[name] for name in _OF_THE_PLAN}
    asked = {name: value for name, value in changes.items() if value is not None}
    config = replace(config, **{**trained_by, **asked})
    change = ChangedPlan(old, config.plan(old.examples), position.examples_seen)
    if scale_epochs and change.new != change.old:
        change = change.in_proportion()
        config = replace(config, epochs=change.new.epochs)
    if change.remaining == 0 and change.new == change.old:
        raise KbertError(
            f"{directory} has made all its {old.epochs} epochs. To train longer by the same plan: "
            f"--epochs {old.epochs + 1}; for a second training: kbert continue {directory}"
        )
    report(str(change))
    if change.remaining == 0:
        refuse_errors(change.findings())  # which no --force can help
    refuse_errors(
        forgive(change.findings(), config.force),
        lambda codes: " ".join(f"--force {code}" for code in codes),
    )
    parent = config.parent
    if parent is not None and directory.model_folder.exists():
        # The run has a model of its own by now, and its parent may be gone.
        config = replace(config, parent=str(run))
    prepared = prepare(config, report)
    _check_data(directory, prepared)
    model = build_model(prepared, report)
    from kbert.models.checkpoint import restore_checkpoint
    from kbert.optimizers import create_optimizer

    model.compile(optimizer=create_optimizer(prepared.plan), metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    other = old.accumulation != prepared.plan.accumulation
    restore_checkpoint(model, folder, other_accumulation=other)
    # Keras counts batches here, and divides by the accumulation itself.
    model.optimizer._iterations.assign(position.epochs * prepared.plan.steps_per_epoch)
    directory.keep_epochs(position.epochs)
    directory.write_config(replace(prepared.config, parent=parent).to_toml())
    directory.update(
        status="running",
        plan=plan_record(prepared.plan),
        resumed=[
            *directory.info.get("resumed", []),
            {"at": now(), "after_epoch": position.epochs, "backend": prepared.config.backend},
        ],
    )
    fit_run(prepared, model, directory, report, epochs_done=position.epochs)
    return directory


def _checkpoint(run: RunDirectory) -> tuple[Path, Position]:
    folder = run.path / "checkpoints" / "last"
    if not (run.path / "config.toml").is_file():
        what = "is no run directory" if run.path.exists() else "does not exist"
        raise KbertError(f"{run} {what}. Name one that `kbert train` has written.")
    if not folder.is_dir():
        raise KbertError(
            f"{run} has no checkpoint: it was stopped before the end of its first epoch. Train "
            f"again: kbert train --config {run}/config.toml --output NEW"
        )
    return folder, read_position(folder)


def _check_data(run: RunDirectory, prepared: Prepared) -> None:
    recorded = run.info.get("data", {}).get("train", {}).get("sha256")
    if recorded != prepared.training.fingerprint:
        raise KbertError(
            f"{prepared.training.source} is not what {run} was trained on: its content has "
            "changed. Restore the file, or train further on the new one: "
            f"kbert continue {run} DATA --output NEW"
        )
