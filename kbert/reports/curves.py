"""What was planned, and what happened: the curves of a run."""

from dataclasses import dataclass

import numpy as np

from kbert.findings import worded
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.run_report import RunReport
from kbert.reports.svg import Svg
from kbert.results.scores import score_name


@dataclass(frozen=True)
class Curves:
    """The curves of a run; None where there is nothing to draw.

    Args:
        rates: Svg or None. The learning rate by step.
        losses: Svg or None. The loss by step.
        scores: Svg or None. The score by which the run is judged, by update.
    """

    rates: Svg | None
    losses: Svg | None
    scores: Svg | None


def curves(report: RunReport) -> Curves:
    """Return the curves of a run."""
    return Curves(_rates(report), _losses(report), _scores(report))


def _rates(report: RunReport) -> Svg | None:
    log, plan = report.log.thinned(), report.plan
    lines = [Line(worded("used"), log.steps.tolist(), log.rates.tolist())] if len(log.steps) else []
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


def _losses(report: RunReport) -> Svg | None:
    log = report.log.thinned()
    if not np.isfinite(log.losses).any():
        return None
    own = Line(worded("loss of the batch"), log.steps.tolist(), log.losses.tolist())
    return line_chart(
        [own], title=worded("Loss by step"), x_label=worded("step"), y_label=worded("loss")
    )


def _scores(report: RunReport) -> Svg | None:
    records, score = report.history.records, report.history.score
    if not records:
        return None
    updates = [record.update for record in records]
    lines = [
        Line(name, updates, [getattr(record.scores[name], score) for record in records])
        for name in records[0].scores
    ]
    name = score_name(score)
    return line_chart(
        lines,
        title=worded("{name} by update", name=name),
        x_label=worded("update"),
        y_label=name,
        height=220,
    )
