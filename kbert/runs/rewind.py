"""The changes to a run directory when a run resumes, in order.

They begin after everything is checked, the model is built, and the checkpoint is restored to it. If
a process ends between two of them, the next resumption repeats what follows from the checkpoint
that `last` names, so the result is the same as without the interruption.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kbert.checkpoints.run_steps import FROM_THE_START
from kbert.checkpoints.training_identity import MISMATCHES
from kbert.config import TrainConfig
from kbert.findings import Joined, worded
from kbert.results.below_baseline import CODE as BELOW_BASELINE
from kbert.results.calibration_finding import CODE as CALIBRATION
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.largest_class import CODE as NO_BETTER
from kbert.runs.best_model import write_best
from kbert.runs.learning_rate_log import rewind_log
from kbert.runs.prepare import PreparedRun
from kbert.runs.resumption import Resumption
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.train import plan_record
from kbert.utils.say import say

_FOUND_AT_THE_END = (NO_BETTER, BELOW_BASELINE, CALIBRATION)
_ALLOWED_ONCE = {*MISMATCHES, "parent-differs", "best-lost"}


def rewind_to_start(run: RunDirectory, prepared: PreparedRun, config: TrainConfig) -> None:
    """Rewind a run's files to its beginning."""
    run.clean()
    run.remove_ends()
    rewind_log(run.path, 0, FROM_THE_START)
    run.remove_evaluations()
    _record_plan(run, prepared, config, {})


def rewind_to_checkpoint(
    resumption: Resumption,
    prepared: PreparedRun,
    settings: Mapping[str, Any],
    resumed: Mapping[str, Any],
) -> None:
    """Rewind a run's files to the checkpoint it resumes from; `last` and `best` are already set.

    Args:
        resumption: Resumption.
        prepared: PreparedRun.
        settings: dict, the model's `get_config`.
        resumed: dict, the entry of this resumption in run.json.
    """
    run, checkpoint, best = resumption.run, resumption.checkpoint, resumption.best
    run.update(status="running")  # from here on it is no longer the run that had finished
    run.clean()
    run.remove_ends()
    gaps = rewind_log(run.path, checkpoint.position.batches_done, checkpoint.steps)
    if gaps:
        say(
            worded(
                "{run}/learning_rate.csv lacks the rows of steps {steps}: they were trained, and "
                "their rows are lost.",
                run=run,
                steps=Joined(map(str, gaps)),
            )
        )
        resumed = {**resumed, "log_lacks": [[gap.first, gap.last] for gap in gaps]}
    history = best.history
    if history is not None and history.records:
        history.write(run.path)
    else:
        run.remove_evaluations()
    best.write(run, settings)
    if history is None and resumption.is_rewound and run.model_folder.exists():
        # Without an evaluation the last weights are the model.
        write_best(run, settings, checkpoint.path)
    all_resumed = [*run.record.get("resumed", []), dict(resumed)]
    _record_plan(
        run,
        prepared,
        resumption.config,
        {"resumed": all_resumed, "best_epoch": _best_epoch(history)},
    )


def _best_epoch(history: EvaluationHistory | None) -> int | None:
    best = None if history is None else history.best
    return None if best is None else best.epoch


def _record_plan(
    run: RunDirectory, prepared: PreparedRun, config: TrainConfig, values: Mapping[str, Any]
) -> None:
    """Record a run's settings and plan."""
    # What else is allowed for a checkpoint is allowed only once: the next resumption asks again.
    kept = set(run_config(run).allow)
    allow = tuple(code for code in config.allow if code in kept or code not in _ALLOWED_ONCE)
    config = replace(config, allow=allow, backend=prepared.config.backend)
    run.write_config(config.in_batches_of(prepared.plan.batch_size).to_toml())
    # Findings from the end of training are found again at its new end, if they still hold.
    recorded = run.record.get("findings", [])
    findings = [one for one in recorded if one.get("code") not in _FOUND_AT_THE_END]
    run.update(status="running", plan=plan_record(prepared.plan), findings=findings, **values)
