"""A plan as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from kbert.data.reading.examples import Examples
from kbert.findings import Finding
from kbert.plans.training_plan import TrainingPlan


def plan_record(plan: TrainingPlan, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what `kbert plan` writes about a plan."""
    return {
        **asdict(plan),
        "rows_per_device": plan.rows_per_device,
        "padding_rows": plan.padding_rows,
        "steps_per_epoch": plan.steps_per_epoch,
        "updates": plan.updates,
        "warmup_updates": plan.warmup_updates,
        "key_points": {
            name: {"update": update, "learning_rate": float(plan.learning_rate_at(update))}
            for name, update in plan.key_points().items()
        },
        "share_under_a_tenth_of_the_peak": plan.share_below(0.1),
        "findings": [finding.to_dict() for finding in findings],
    }


def data_record(sets: Mapping[str, Examples], judged: Sequence[Finding]) -> dict[str, Any]:
    """Return what `kbert plan` writes about the data: the sets by name, and the findings."""
    return {
        "sets": {n: {"rows": len(e), "skipped": len(e.skipped)} for n, e in sets.items()},
        "data_findings": [finding.to_dict() for finding in judged],
    }
