"""Shows a plan."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from kbert.cli.app import exit_status
from kbert.cli.show import show, show_json
from kbert.cli.terminal_curve import terminal_curve
from kbert.config import TrainConfig
from kbert.errors import InputError
from kbert.findings import Call, Cure
from kbert.plans.training_plan import TrainingPlan
from kbert.runs.prepare import prepare
from kbert.runs.read_sets import read_sets
from kbert.utils.say import verbosity

_COLUMNS = 64


def show_plan(
    config: TrainConfig,
    examples: int | None,
    *,
    time_it: bool,
    plot: Path | None,
    as_json: bool,
) -> int:
    """Print a plan, and return the exit status: 2 when there is an error in it."""
    _check_rows(config.data, examples)
    rows = len(read_sets(config)[0]) if examples is None else examples
    plan = config.plan(rows)
    tell = (lambda line: None) if as_json else show
    record = _record(plan)
    tell(plan)
    tell(_curve(plan))
    if plot is not None:
        from kbert.plots import plot_plan, save_plot

        save_plot(plot_plan(plan), plot)
        record["plot"] = str(plot)
        tell(f"The curve is drawn in {plot}")
    if time_it:
        estimate = _time(config)
        record["seconds"] = asdict(estimate)
        tell(f"Time on this machine: {estimate}")
    if examples is None:
        dev = {} if config.dev is None else {"dev": config.dev}
        inspect = Call("inspect", config.data, **dev, **config.reading_settings())
        tell(f"What is in the data: {inspect}")
    if as_json:
        show_json(record)
    return exit_status(plan.findings())


def _check_rows(data: str, examples: int | None) -> None:
    """Raise InputError unless either a file or a number of rows is given."""
    if examples is None and not data:
        raise InputError(
            "Name the labelled file, or how many rows it has.", cure=Cure({"examples": "N"})
        )


def _record(plan: TrainingPlan) -> dict[str, Any]:
    return {
        **asdict(plan),
        "steps_per_epoch": plan.steps_per_epoch,
        "updates": plan.updates,
        "warmup_updates": plan.warmup_updates,
        "key_points": {
            name: {"update": update, "learning_rate": float(plan.learning_rate_at(update))}
            for name, update in plan.key_points().items()
        },
        "share_under_a_tenth_of_the_peak": plan.share_below(0.1),
        "findings": [finding.to_dict() for finding in plan.findings()],
    }


def _time(config: TrainConfig) -> Any:
    from kbert.runs.time_steps import time_steps

    # The time does not depend on the weights, which a preset's folder may lack.
    with verbosity(0):
        return time_steps(prepare(replace(config, weights="random")))


def _curve(plan: TrainingPlan) -> str:
    updates = np.linspace(0, plan.num_updates - 1, _COLUMNS).round().astype(np.int64)
    return terminal_curve(plan.learning_rate_at(updates))
