"""What a run that has ended early is good for."""

from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.findings import Call, Option
from kbert.runs.best_model import has_best_model, has_model
from kbert.runs.run_directory import RunDirectory


def what_is_left(run: RunDirectory) -> str:
    """Return what a run that has ended early is good for, in the words of the surface."""
    parts = []
    if has_best_model(run):
        parts.append(f"{run} contains the best model so far")
    elif has_model(run):
        parts.append(f"{run} contains a model")
    if CheckpointStore(run.checkpoints).committed():
        parts.append(f"{Call('resume', run.path)} resumes from the last checkpoint")
    if not parts and run.readable_record.get("status") in ("running", "stopped"):
        parts.append(f"nothing was trained yet; {Call('resume', run.path)} starts from scratch")
    if not parts:
        parts.append(f"{run} contains no model: delete it, or name another {Option('output')}")
    return "; ".join(parts) + "."
