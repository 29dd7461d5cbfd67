"""What is wrong with a plan, before anything is trained."""

from kbert.findings import Cure, Finding
from kbert.plans.enough_updates import FEW_UPDATES, MIN_UPDATES, enough_updates
from kbert.plans.rate_findings import rate_findings
from kbert.plans.update_schedule import UpdateSchedule
from kbert.utils.wording import count_noun


def plan_findings(plan: UpdateSchedule) -> list[Finding]:
    """Return what is wrong with a plan, in the order in which a run would meet it."""
    judges = (_batch, _dropped, _updates)
    findings = [finding for judge in judges if (finding := judge(plan)) is not None]
    return findings + rate_findings(plan)


def plan_ended(iterations: int, end: int, cure: Cure) -> Finding:
    """Return the finding that an optimizer has reached the end of its plan, or passed it."""
    if iterations < end:
        template = (
            "The optimizer has performed {updates} and its schedule, which is not that of this "
            "plan of {end:,}, has ended: every further update has learning rate 0 and changes "
            "nothing."
        )
    else:
        template = (
            "The optimizer has performed {updates} and the plan ends at {end:,}: every further "
            "update has learning rate 0 and changes nothing."
        )
    values = {"updates": count_noun(iterations, "update"), "end": end}
    return Finding("plan-ended", "error", template, cure, values)


def _batch(plan: UpdateSchedule) -> Finding | None:
    if plan.batch_size <= plan.examples:
        return None
    return Finding(
        "batch-exceeds-data",
        "warning",
        "A batch of {batch_size:,} is larger than the data ({examples}), so every epoch is one "
        "batch.",
        Cure({"batch_size": enough_updates(plan)[0]}),
        {"batch_size": plan.batch_size, "examples": count_noun(plan.examples, "example")},
    )


def _dropped(plan: UpdateSchedule) -> Finding | None:
    lost = plan.examples - plan.steps_per_epoch * plan.batch_size
    if not plan.drop_remainder or lost == 0:
        return None
    return Finding(
        "last-batch-dropped",
        "warning" if lost > 0.05 * plan.examples else "info",
        "Every epoch leaves out {lost:,} of {examples:,} examples ({share:.1%}), which do not "
        "fill a batch of {batch_size}.",
        Cure({"recipe": "recommended"}, note="which trains on every row"),
        {
            "lost": lost,
            "examples": plan.examples,
            "share": lost / plan.examples,
            "batch_size": plan.batch_size,
        },
    )


def _updates(plan: UpdateSchedule) -> Finding | None:
    if plan.num_updates >= FEW_UPDATES:
        return None
    batch_size, epochs = enough_updates(plan)
    return Finding(
        "too-few-updates",
        "error" if plan.num_updates < MIN_UPDATES else "warning",
        "The run changes the weights {times}; with fewer than {few} updates, a model stays close "
        "to where it begins.",
        Cure({"batch_size": batch_size, "epochs": epochs}),
        {"times": count_noun(plan.num_updates, "time"), "few": FEW_UPDATES},
    )
