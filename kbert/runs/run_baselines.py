"""The baselines of a run: computed before its first step, kept in it, and read again."""

import json
from typing import Any

from kbert.findings import Option, worded
from kbert.linear.compute_baselines import BaselineTask, compute_baselines
from kbert.linear.labelled_rows import LabelledRows
from kbert.results.baselines import Baselines
from kbert.runs.prepare import PreparedRun
from kbert.runs.run_directory import RunDirectory
from kbert.utils.files import write_text
from kbert.utils.foreign import reason_of
from kbert.utils.say import say

BASELINES = "baselines.json"


def run_baselines(prepared: PreparedRun, model: Any, run: RunDirectory) -> None:
    """Compute what fine-tuning has to beat, show it, and keep it in the run.

    Nothing is computed without a dev set, or where the run has them already. The model and all
    random states stay as they are, and nothing that fails here stops the run.

    Args:
        prepared: PreparedRun.
        model: BertClassifier, not trained yet.
        run: RunDirectory.
    """
    config = prepared.config
    name = next(iter(prepared.sets), None)
    if config.baseline == "none" or name is None or read_baselines(prepared, run) is not None:
        return
    try:
        say(
            worded(
                "Computing the baselines; {baseline} leaves them out ...",
                baseline=Option("baseline", "none"),
            )
        )
        task = BaselineTask(
            training=LabelledRows.from_store(prepared.stores["train"], prepared.weights),
            dev=LabelledRows.from_store(prepared.stores[name], prepared.stores[name].weights),
            target=prepared.target,
            names=prepared.labels.names,
            model=model,
            seed=config.seed,
            epochs=prepared.plan.epochs,
        )
        found = compute_baselines(task, config.baseline, name)
        say(str(found))
        record = {"data": _data(prepared, name), **found.to_dict()}
        text = json.dumps(record, indent=2, ensure_ascii=False)
        write_text(run.path / BASELINES, f"{text}\n")
    except Exception as error:
        say(
            worded(
                "The baselines are left out, and the run continues: {reason}.",
                reason=reason_of(error),
            )
        )


def read_baselines(prepared: PreparedRun, run: RunDirectory) -> Baselines | None:
    """Return the baselines of a run, or None where it has none or only those of other data."""
    try:
        record = json.loads((run.path / BASELINES).read_text(encoding="utf-8"))
        found = Baselines.from_dict(record)
        is_of_data = record["data"] == _data(prepared, found.name)
    except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    return found if is_of_data else None


def _data(prepared: PreparedRun, name: str) -> dict[str, str]:
    return {"train": prepared.training.fingerprint, name: prepared.sets[name].fingerprint}
