"""What a run that has ended early is good for."""

from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.findings import Call, Option, worded
from kbert.runs.best_model import has_best_model, has_model
from kbert.runs.run_directory import RunDirectory


def what_is_left(run: RunDirectory) -> str:
    """Return what a run that has ended early is good for, in the words of the surface."""
    parts = []
    if has_best_model(run):
        parts.append(worded("{run} contains the best model so far", run=run))
    elif has_model(run):
        parts.append(worded("{run} contains a model", run=run))
    if CheckpointStore(run.checkpoints).committed():
        parts.append(
            worded("{resume} resumes from the last checkpoint", resume=Call("resume", str(run)))
        )
    if not parts and run.readable_record.get("status") in ("running", "stopped"):
        parts.append(
            worded(
                "nothing was trained yet; {resume} starts from scratch",
                resume=Call("resume", str(run)),
            )
        )
    if not parts:
        parts.append(
            worded(
                "{run} contains no model: delete it, or name another {output}",
                run=run,
                output=Option("output"),
            )
        )
    return worded("; ").join(parts) + worded(".")
