"""What to know about the model of a run that has not finished."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kbert.errors import KbertError
from kbert.findings import Call, Cure, Finding
from kbert.utils.untrusted import read_json
from kbert.utils.wording import count_noun


def unfinished_run(run: Path, record: Mapping[str, Any]) -> Finding | None:
    """Return a finding if a run has not trained all its epochs, as far as its files tell.

    Args:
        run: Path. The run directory.
        record: dict. The contents of its run.json.
    """
    status, plan = record.get("status"), record.get("plan")
    epochs = plan.get("epochs") if isinstance(plan, dict) else None
    done = _epochs_done(run / "evaluations.json")
    if status in (None, "finished") or not isinstance(epochs, int) or done >= epochs:
        return None
    return Finding(
        "run-unfinished",
        "warning",
        "{run} has trained {done} of its {epochs} (its status is {status!r:.80}): its model is the "
        "best of these.",
        Cure(call=Call("resume", run), note="to train the rest first"),
        {"run": run, "done": done, "epochs": count_noun(epochs, "epoch"), "status": status},
    )


def _epochs_done(file: Path) -> int:
    """Return the number of whole epochs that were evaluated."""
    try:
        records = read_json(file).get("epochs") if file.is_file() else None
    except KbertError:
        return 0
    last = records[-1] if isinstance(records, list) and records else None
    if not isinstance(last, dict) or not isinstance(last.get("epoch"), int):
        return 0
    return last["epoch"] - (last.get("batch") is not None)
