"""The checkpoint that a run resumes from."""

from kbert.checkpoints.checkpoint import Checkpoint
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.errors import InputError, KbertError
from kbert.findings import Call, Cure
from kbert.interop.pretraining_run import is_pretraining
from kbert.runs.run_directory import RunDirectory


def find_checkpoint(
    run: RunDirectory, store: CheckpointStore, name: str | None
) -> Checkpoint | None:
    """Return the checkpoint to resume from; offer an earlier one where it is damaged.

    None means that the run ended before its first checkpoint and has no model either.
    """
    store.check()
    path = store.latest() if name is None else store.named(name)
    if path is None:
        _check_may_restart(run)
        return None
    try:
        # Without the arrays, which would stay in memory for as long as the run lasts.
        return read_checkpoint(path, with_arrays=False)
    except KbertError as error:
        others = [other.name for other in store.committed() if other != path]
        if not others:
            raise
        raise InputError(
            "{error}",
            error=error,
            cure=Cure(
                note="resume from the checkpoint before it: {call}",
                values={"call": Call("resume", run.path, checkpoint=others[-1])},
            ),
        ) from None


def _check_may_restart(run: RunDirectory) -> None:
    """Raise InputError where starting from scratch would replace what a run has achieved."""
    has_model = run.model_folder.is_dir() and any(run.model_folder.iterdir())
    if not has_model and run.record.get("status") != "finished":
        return
    config = str(run.path / "config.toml")
    if is_pretraining(run.path):
        again = Call("pretrain", "TEXTS", config=config, output="NEW")
        more = Call("pretrain", "TEXTS", preset=str(run.path))
    else:
        again = Call("train", "DATA", config=config, output="NEW")
        more = Call("continue", run.path, output="NEW")
    further = Cure(note="train its model further: {call}", values={"call": more})
    raise InputError(
        "{run} has no checkpoint to resume from, and is not started from scratch: it contains a "
        "model."
        if has_model
        else "{run} has finished, but its model and its checkpoints are gone.",
        run=run,
        cure=Cure(
            note="restore {checkpoints} from a copy, or train again: {call}",
            values={"checkpoints": run.checkpoints, "call": again},
            otherwise=(further,) if has_model else (),
        ),
    )
