"""What was planned, and what happened: the curves of a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kbert.findings import worded
from kbert.plans.training_plan import TrainingPlan
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.run_report import RunReport
from kbert.reports.svg import Svg
from kbert.reports.training_log import TrainingLog
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.scores import score_name

_SPREAD = 20  # greatest value / least value; above this, an axis is logarithmic


@dataclass(frozen=True)
class Curves:
    """The curves of a run; None where there is nothing to draw.

    Args:
        rates: Svg or None. The learning rate by step.
        losses: Svg or None. The loss by step.
        norms: Svg or None. The norm of the gradients by step, before they were clipped.
        ratios: Svg or None. The share of their norm by which updates have changed the weights.
        scores: Svg or None. The score by which the run is judged, by update.
    """

    rates: Svg | None
    losses: Svg | None
    norms: Svg | None
    ratios: Svg | None
    scores: Svg | None


def curves(report: RunReport) -> Curves:
    """Return the curves of a run."""
    logs = {"": report.log}
    return Curves(
        rates_chart(report.log, report.plan),
        losses_chart(logs),
        norms_chart(logs),
        ratios_chart(logs),
        scores_chart(report.history),
    )


def rates_chart(log: TrainingLog, plan: TrainingPlan | None) -> Svg | None:
    """Return the learning rates that were used and planned; None where neither is known."""
    log = log.thinned()
    lines = []
    if len(log.steps):
        lines.append(Line(worded("used"), log.steps.tolist(), log.rates.tolist()))
    if plan is not None:
        updates = np.unique(np.linspace(0, plan.num_updates - 1, 200).astype(int))
        steps = updates * plan.gradient_accumulation_steps
        planned = plan.learning_rate_at(updates)
        lines.append(Line(worded("planned"), steps.tolist(), np.asarray(planned).tolist()))
    if not lines:
        return None
    return line_chart(
        lines,
        title=worded("Learning rate by step"),
        x_label=worded("step"),
        y_label=worded("learning rate"),
    )


def losses_chart(logs: Mapping[str, TrainingLog]) -> Svg | None:
    """Return the losses of runs by name; None where none was read."""
    return _by_step(
        logs, lambda log: log.losses, worded("Loss by step"), worded("loss of the batch")
    )


def norms_chart(logs: Mapping[str, TrainingLog]) -> Svg | None:
    """Return the gradient norms of runs by name; None where none is known."""
    title = worded("Norm of the gradients by step, before clipping")
    return _by_step(logs, lambda log: log.norms, title, worded("gradient norm"), can_log=True)


def ratios_chart(logs: Mapping[str, TrainingLog]) -> Svg | None:
    """Return the share by which updates have changed the weights; None where none was checked."""
    title = worded("Change of the weights by an update, as a share of their norm")
    return _by_step(logs, lambda log: log.ratios, title, worded("update / weights"), can_log=True)


def _by_step(
    logs: Mapping[str, TrainingLog],
    values: Callable[[TrainingLog], np.ndarray],
    title: str,
    y_label: str,
    *,
    can_log: bool = False,
) -> Svg | None:
    """Draw values that are known for some steps; None if they are known for none."""
    lines = []
    for name, log in logs.items():
        thin = log.thinned()
        known = np.isfinite(values(thin))
        if known.any():
            lines.append(Line(name, thin.steps[known].tolist(), values(thin)[known].tolist()))
    if not lines:
        return None
    found = np.concatenate([one.y for one in lines])
    log_scale = can_log and found.min() > 0 and found.max() / found.min() > _SPREAD
    return line_chart(lines, title=title, x_label=worded("step"), y_label=y_label, log=log_scale)


def scores_chart(history: EvaluationHistory) -> Svg | None:
    """Draw, by update, the score by which a run is judged; None where nothing was evaluated."""
    records, score = history.records, history.score
    if not records:
        return None
    updates = [record.update for record in records]
    lines = [
        Line(name, updates, [getattr(record.scores[name], score) for record in records])
        for name in records[0].scores
    ]
    name = score_name(score)
    return line_chart(
        lines, title=worded("{name} by update", name=name), x_label=worded("update"), y_label=name
    )
