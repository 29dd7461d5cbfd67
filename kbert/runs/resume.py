"""Resume an interrupted run, with its plan or a changed one."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.training_identity import MISMATCHES
from kbert.config import TrainConfig
from kbert.errors import InputError, check_codes, raise_on_errors
from kbert.findings import Call, Cure, Finding, Option, downgrade
from kbert.runs.build_model import build_model
from kbert.runs.fit_run import fit_run, now
from kbert.runs.prepare import PreparedRun, prepare
from kbert.runs.resumption import Resumption, check_changes, check_scaled, find_checkpoint
from kbert.runs.run_config import check_is_run, run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_lock import run_lock
from kbert.runs.train import plan_record
from kbert.utils.files import atomic_file
from kbert.utils.say import say, verbosity


def resume(
    run: str | Path,
    *,
    scale_epochs: bool = False,
    checkpoint: str | None = None,
    allow: Sequence[str] = (),
    verbose: int = 1,
    **changes: Any,
) -> RunDirectory:
    """Resume a run from its last committed checkpoint, and return it.

    On the same machine and backend the run ends with the very weights and scores that it would
    have had undisturbed. With other `epochs`, `batch_size`, `gradient_accumulation_steps`,
    `learning_rate` or `warmup_proportion` the plan is a new one. It continues from the same number
    of examples seen; the old and the new plan are shown.

    Args:
        run: str or Path.
        scale_epochs: bool. Whether to scale the epochs so that the new plan has as many updates as
            the old one. Defaults to False.
        checkpoint: str or None. The name of an earlier checkpoint to rewind to. Defaults to None:
            the last.
        allow: sequence of str. Codes of findings and of mismatches with the checkpoint that do not
            stop the run, such as "data-differs". Defaults to ().
        verbose: int. 0 prints nothing. Defaults to 1.
        **changes: the settings of the plan named above, those of the checkpoints, `backend`.

    Raises:
        KbertError: there is no run, its checkpoint is damaged, its data have changed, another
            process is using it, or nothing would be trained.

    Example:

    ```python
    resume("runs/a", batch_size=64, scale_epochs=True)
    ```
    """
    check_codes(allow)
    directory = RunDirectory(run)
    check_changes(directory, changes)
    check_is_run(directory)
    given = {name: value for name, value in changes.items() if value is not None}
    if scale_epochs:
        check_scaled(given)
    with verbosity(verbose), run_lock(directory.path):
        store = CheckpointStore(directory.checkpoints)
        found = find_checkpoint(directory, store, checkpoint)
        if found is None:
            if scale_epochs:
                raise InputError(
                    "{run} has no checkpoint yet: name the epochs in place of {scale}.",
                    run=directory,
                    scale=Option("scale_epochs"),
                )
            _restart(directory, given, allow)
        else:
            _resume(
                Resumption.from_checkpoint(
                    directory, store, found, given, allow, scale_epochs=scale_epochs
                )
            )
    return directory


def _restart(run: RunDirectory, changes: Mapping[str, Any], allow: Sequence[str]) -> None:
    """Train a run that was stopped before its first checkpoint, from its beginning."""
    say(f"{run} was stopped before its first checkpoint and starts from scratch.")
    config = replace(run_config(run), **changes)
    config = replace(config, allow=tuple(dict.fromkeys((*config.allow, *allow))))
    prepared = prepare(config)
    _check_data(run, prepared)
    model = build_model(prepared)
    _rewind(run, prepared, config, batches=0)
    fit_run(prepared, model, run)


def _resume(resumption: Resumption) -> None:
    """Train what is left of a run's plan."""
    run, config = resumption.run, resumption.config
    position = resumption.checkpoint.position
    resumption.check_unfinished()
    say(f"Resuming from {resumption.checkpoint.path.name}: {position}")
    say(str(resumption.change))
    resumption.check_plan()
    own = config
    if config.parent is not None and run.model_folder.exists():
        # The run has a model of its own by now, and its parent may be gone.
        own = replace(config, parent=str(run))
    prepared = prepare(own)
    _check_data(run, prepared)
    model = build_model(prepared)
    _rewind(run, prepared, config, batches=position.batches_done)
    _restore_best(run, resumption.store)
    resumed = {
        "at": now(),
        "from": resumption.checkpoint.path.name,
        "after_epoch": position.epoch,
        "batch": position.batch,
        "backend": prepared.config.backend,
    }
    run.update(resumed=[*run.record.get("resumed", []), resumed])
    fit_run(prepared, model, run, resumption)


def _rewind(run: RunDirectory, prepared: PreparedRun, config: TrainConfig, *, batches: int) -> None:
    """Take a run's files back to where it resumes, and record its settings and plan."""
    run.rewind(batches)
    # What else is allowed of a checkpoint is allowed once: the next resumption asks again.
    kept = set(run_config(run).allow)
    allow = tuple(code for code in config.allow if code in kept or code not in MISMATCHES)
    run.write_config(replace(config, allow=allow, backend=prepared.config.backend).to_toml())
    run.update(status="running", plan=plan_record(prepared.plan))


def _restore_best(run: RunDirectory, store: CheckpointStore) -> None:
    """Give the run the best model of the epochs that it keeps."""
    best = store.best()
    file = run.model_folder / "model.safetensors"
    if best is not None and file.exists():
        weights = best / "model.safetensors"
        atomic_file(file, lambda new: shutil.copyfile(weights, new))


def _check_data(run: RunDirectory, prepared: PreparedRun) -> None:
    """Raise FindingsError when a file is no longer what the run was started with."""
    recorded = run.record.get("data", {})
    sets = {"train": prepared.training, **prepared.sets}
    findings = [
        Finding(
            "data-differs",
            "error",
            "{source} has changed since {run} was started.",
            Cure(
                note="restore the file, or train further on the new one: {call}",
                values={"call": Call("continue", run.path, data="DATA", output="NEW")},
            ),
            {"source": examples.source, "run": run},
        )
        for name, examples in sets.items()
        if recorded.get(name, {}).get("sha256") != examples.fingerprint
    ]
    raise_on_errors(downgrade(findings, prepared.config.allow), can_allow=True)
