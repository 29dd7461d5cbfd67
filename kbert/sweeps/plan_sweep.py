"""Print what a sweep is going to train, before it begins."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.findings import Finding, Option, downgrade, findings_table, worded, words
from kbert.runs.prepare import PreparedRun, prepare
from kbert.sweeps.sweep import Sweep
from kbert.utils.say import say, verbosity
from kbert.utils.wording import count_noun

# In place of values that would import Keras, or time steps, only to plan.
_PLANNED: dict[str, Any] = {"precision": "float32", "packing": "off"}
_MAX_LISTED = 5


def tell_plan(sweep: Sweep) -> None:
    """Read and check the data as a run does, and print the number of runs and updates.

    The warnings are those of the first setting.

    Raises:
        KbertError: no run could be trained with these data.
    """
    prepared = _first_run(sweep)
    rows = len(prepared.training)
    for name, axis in sweep.axes.items():
        say(worded("{option}: {values}", option=Option(name), values=str(axis)))
    runs = sweep.trials * sweep.options.seeds
    if sweep.grid is not None and sweep.is_whole_grid:
        updates = [sweep.run_config(s, 0, Path("run")).plan(rows).updates for s in sweep.grid]
        total = sum(updates) * sweep.options.seeds
    else:
        total = sweep.config.plan(rows).updates * runs
    say(
        worded(
            "{settings} x {seeds} = {runs} on {rows}, about {updates} in all.",
            settings=count_noun(sweep.trials, "setting"),
            seeds=count_noun(sweep.options.seeds, "seed"),
            runs=count_noun(runs, "run"),
            rows=count_noun(rows, "training row"),
            updates=count_noun(total, "update"),
        )
    )
    if sweep.options.retrain:
        say(worded("Then the best setting is trained once more, with a seed of its own."))
    for setting, finding in _refused(sweep, rows)[:_MAX_LISTED]:
        say(worded("{setting} would be refused: {finding}", setting=setting, finding=finding.told))
    warnings = [finding for finding in prepared.findings if finding.severity == "warning"]
    if warnings:
        say(findings_table(warnings))


def _refused(sweep: Sweep, rows: int) -> list[tuple[str, Finding]]:
    """Return the settings whose runs would not begin, each with the first reason in its plan."""
    refused = []
    for setting in (sweep.grid or []) if sweep.is_whole_grid else []:
        config = sweep.run_config(setting, sweep.config.seed, Path("run"))
        found = downgrade(config.findings(config.plan(rows)), config.allow)
        errors = [finding for finding in found if finding.severity == "error"]
        if errors:
            refused.append((words().settings(setting), errors[0]))
    return refused


def _first_run(sweep: Sweep) -> PreparedRun:
    first = {name: axis.ends[0] for name, axis in sweep.axes.items()}
    config = sweep.run_config(first, sweep.config.seed, Path("run"))
    size = 32 if config.batch_size == "auto" else config.batch_size
    with verbosity(0):
        return prepare(replace(config, batch_size=size, **_PLANNED))
