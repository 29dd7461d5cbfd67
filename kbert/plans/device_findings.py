"""What is wrong with a plan on several devices."""

import math

from kbert.findings import Cure, Finding
from kbert.plans.enough_updates import FEW_UPDATES
from kbert.plans.update_schedule import UpdateSchedule
from kbert.utils.wording import count_noun

_USUAL_ROWS = 32  # per update, for which BERT's rates are published
# About as many as in Google's fine-tuning of MRPC, its smallest example: 343.
AMPLE_UPDATES = 3 * FEW_UPDATES
_MIN_ROWS, _GOOD_ROWS = 4, 8  # of a batch on a device
_LITTLE = 0.05  # share of a batch
_MOST_DEVICES = 100_000  # that a cure names


def device_findings(plan: UpdateSchedule) -> list[Finding]:
    """Return what is wrong with how the batches of a plan are shared by its devices."""
    if plan.devices == 1:
        return []
    if plan.rows_per_batch < plan.devices:
        return [_idle(plan)]
    judges = (_uneven, _few_rows)
    return [finding for judge in judges if (finding := judge(plan)) is not None]


def scaled_rate(rate: float, times: float) -> float:
    """Return the rate by the square-root rule for Adam, for a batch `times` as large.

    Source: Malladi et al., "On the SDEs and Scaling Rules for Adaptive Gradient Algorithms",
    arXiv 2205.10287.
    """
    return float(f"{rate * math.sqrt(times):.2g}")


def batch_growth(plan: UpdateSchedule, one: UpdateSchedule) -> float:
    """Return the ratio of rows per batch to those of another plan for the same rows."""
    return min(plan.batch_size, plan.examples) / min(one.batch_size, one.examples)


def batch_times_devices(plan: UpdateSchedule, one: UpdateSchedule) -> Finding | None:
    """Return the finding that a full batch on each device leaves few updates.

    Args:
        plan: UpdateSchedule. The plan on all devices.
        one: UpdateSchedule. The plan on one of them, with as many rows on it.
    """
    k = plan.gradient_accumulation_steps
    if plan.devices == 1 or plan.batch_size * k <= _USUAL_ROWS:
        return None
    scaled = scaled_rate(plan.learning_rate, batch_growth(plan, one))
    by_rule = Cure({"learning_rate": scaled}, note="by the square-root rule; try it first")
    few = plan.num_updates < AMPLE_UPDATES
    updates = max(one.num_updates, AMPLE_UPDATES)
    longer = Cure(
        {"epochs": -(-updates * k // plan.steps_per_epoch)},
        note="for as many updates as on one device",
    )
    smaller = Cure(
        {"batch_size": min(one.batch_size, max(_USUAL_ROWS // k, 1))}, otherwise=(longer,)
    )
    return Finding(
        "batch-times-devices",
        "warning" if few else "info",
        "{each:,} rows on each of {devices} make batches of {batch:,}: {updates}, {warmup:,} of "
        "them warmup, where one device makes {before:,}, {warmup_before:,} of them warmup. The "
        "rate {rate:g} stays; by the square-root rule for Adam it would be {scaled:g}.",
        smaller if few else by_rule,
        {
            "each": one.batch_size,
            "devices": count_noun(plan.devices, "device"),
            "batch": plan.batch_size,
            "updates": count_noun(plan.num_updates, "update"),
            "warmup": plan.warmup_updates,
            "before": one.num_updates,
            "warmup_before": one.warmup_updates,
            "rate": plan.learning_rate,
            "scaled": scaled,
        },
    )


def _idle(plan: UpdateSchedule) -> Finding:
    return Finding(
        "devices-idle",
        "warning",
        "A batch of {rows} leaves {idle} of {devices:,} devices without any: they compute padding "
        "only.",
        Cure({"devices": _fewer_devices(plan)}),
        {
            "rows": count_noun(plan.rows_per_batch, "row"),
            "idle": plan.devices - plan.rows_per_batch,
            "devices": plan.devices,
        },
    )


def _uneven(plan: UpdateSchedule) -> Finding | None:
    rows, devices = plan.rows_per_batch, plan.devices
    if plan.padding_rows == 0:
        return None
    share = plan.padding_rows / (rows + plan.padding_rows)
    return Finding(
        "batch-uneven",
        "warning" if share > _LITTLE else "info",
        "A batch of {rows:,} rows does not divide evenly among {devices:,} devices: it is filled "
        "up with {padding} of weight 0, {share:.1%} of what is computed.",
        Cure(
            {"batch_size": rows - rows % devices},
            otherwise=(Cure({"devices": _divisor(rows, devices)}),),
        ),
        {
            "rows": rows,
            "devices": devices,
            "padding": count_noun(plan.padding_rows, "row"),
            "share": share,
        },
    )


def _few_rows(plan: UpdateSchedule) -> Finding | None:
    if plan.rows_per_device >= _GOOD_ROWS:
        return None
    return Finding(
        "few-rows-per-device",
        "warning" if plan.rows_per_device < _MIN_ROWS else "info",
        "Each device computes {rows} of a batch, and then exchanges the gradients of all weights: "
        "most of the time may go into that.",
        Cure({"devices": _fewer_devices(plan)}, note="which trains the same"),
        {"rows": count_noun(plan.rows_per_device, "row")},
    )


def _fewer_devices(plan: UpdateSchedule) -> int:
    """Return how many devices share a batch evenly, with enough rows on each."""
    return _divisor(plan.rows_per_batch, max(plan.rows_per_batch // _GOOD_ROWS, 1))


def _divisor(rows: int, most: int) -> int:
    """Return the largest number of devices, at most `most`, that share the rows evenly."""
    most = min(most, _MOST_DEVICES)
    return next(devices for devices in range(most, 0, -1) if rows % devices == 0)
