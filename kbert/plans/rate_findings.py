"""What is wrong with a plan's warmup, decay and peak."""

import math

from kbert.findings import Cure, Finding
from kbert.plans.enough_updates import MIN_UPDATES, enough_updates
from kbert.plans.update_schedule import UpdateSchedule

_MAX_WARMUP = 10_000  # the updates of warmup with which BERT was pretrained
_MIN_EPOCH = 50  # updates; this many are no waste, however small the data set
_SMALL_SET = 10_000  # rows
_USUAL_RATES = (1e-6, 1e-3)  # published fine-tuning lies between 1e-5 and 1e-4
# Adam changes each weight by about the rate, and BERT's weights are about 0.04. Above this range,
# an update replaces them all; below it, float32 has no number close enough to change a weight to.
_POSSIBLE_RATES = (1e-10, 0.1)
# LoRA changes a kernel a tenth to a thirtieth as much as training it directly at the same rate.
_LORA_RATES = (1e-4, 3e-2)
_LORA_RATE = 1e-3
_USUAL_WARMUP = 0.1
_USUAL_RATE = 5e-5


def rate_findings(plan: UpdateSchedule) -> list[Finding]:
    """Return what is wrong with a plan's learning rates, in the order of the run."""
    judges = (_no_warmup, _long_warmup, _zero, _tiny, _peak)
    return [finding for judge in judges if (finding := judge(plan)) is not None]


def lora_rate_finding(plan: UpdateSchedule) -> Finding | None:
    """Return what is wrong with the peak of a plan that trains LoRA, or None."""
    low, high = _LORA_RATES
    if low <= plan.learning_rate <= high:
        return None
    if plan.learning_rate > high:
        template = "The peak learning rate {peak:g} is far above the 1e-4 to 1e-2 that train LoRA."
    else:
        template = (
            "The peak learning rate {peak:g} is far below the 1e-4 to 1e-2 that train LoRA, so "
            "the model would learn little."
        )
    cure = Cure({"learning_rate": _LORA_RATE})
    return Finding("unusual-rate", "warning", template, cure, {"peak": plan.learning_rate})


def max_warmup(plan: UpdateSchedule) -> int:
    """Return how many warmup updates are reasonable: an epoch, at most a third, at most 10,000."""
    return min(max(_epoch(plan), _MIN_EPOCH), plan.num_updates // 3, _MAX_WARMUP)


def lower_rate(rate: float) -> float:
    """Return the rate to try after one that was too high."""
    return _USUAL_RATE if rate > _USUAL_RATES[1] else float(f"{rate / 4:g}")


def _epoch(plan: UpdateSchedule) -> int:
    """Return the updates of an epoch."""
    return max(plan.steps_per_epoch // plan.gradient_accumulation_steps, 1)


def _no_warmup(plan: UpdateSchedule) -> Finding | None:
    if plan.warmup_updates > 0 or plan.examples >= _SMALL_SET:
        return None
    settings: dict[str, float] = {"warmup_proportion": _USUAL_WARMUP}
    if plan.num_updates < MIN_UPDATES:  # a tenth of these is not even one update
        batch_size, epochs = enough_updates(plan)
        has_share = plan.warmup_proportion >= _USUAL_WARMUP
        more = {"batch_size": batch_size, "epochs": epochs}
        settings = {**more, **({} if has_share else settings)}
    return Finding(
        "no-warmup",
        "warning",
        "The first update has the full rate of {peak:g}, without warmup. On as few as "
        "{examples:,} examples such runs often fail for some seeds.",
        Cure(settings),
        {"peak": plan.learning_rate, "examples": plan.examples},
    )


def _long_warmup(plan: UpdateSchedule) -> Finding | None:
    warmup, updates, limit = plan.warmup_updates, plan.num_updates, max_warmup(plan)
    if warmup <= limit or updates < MIN_UPDATES:
        return None
    return Finding(
        "warmup-too-long",
        "error" if warmup >= updates else "warning",
        "Warmup takes {warmup:,} of {updates:,} updates, where at most {limit:,} are reasonable: "
        "the smallest of an epoch ({epoch:,}, but no less than {floor}), a third of the run "
        "({third:,}) and BERT's own warmup ({pretraining:,}). Until its end the rates are too "
        "small to learn much.",
        Cure({"warmup_proportion": _rounded_down(limit / plan.updates)}),
        {
            "warmup": warmup,
            "updates": updates,
            "limit": limit,
            "epoch": _epoch(plan),
            "floor": _MIN_EPOCH,
            "third": updates // 3,
            "pretraining": _MAX_WARMUP,
        },
    )


def _zero(plan: UpdateSchedule) -> Finding | None:
    if plan.decay_from != "start" or plan.warmup_updates == 0:
        return None
    return Finding(
        "rate-zero",
        "info",
        "Update 0 has learning rate 0 and changes no weight, as in Google's schedule.",
        Cure({"recipe": "recommended"}, note="whose updates all have a rate above 0"),
    )


def _tiny(plan: UpdateSchedule) -> Finding | None:
    share = plan.share_below(0.01)
    if share <= 0.05 or plan.num_updates < MIN_UPDATES:
        return None
    if plan.decay_from == "start":  # update 0, whose rate is 0, is a large share of a short run
        settings = {"recipe": "recommended", **({"power": 1.0} if plan.power > 1 else {})}
        cure = Cure(settings)
    else:
        low = float(f"{0.02 * plan.learning_rate:.2g}")
        cure = Cure({"power": 1.0}, otherwise=(Cure({"end_learning_rate": low}),))
    return Finding(
        "rate-tiny",
        "warning",
        "{share:.0%} of the updates have less than 1% of the peak rate: they teach next to "
        "nothing.",
        cure,
        {"share": share},
    )


def _peak(plan: UpdateSchedule) -> Finding | None:
    low, high = _USUAL_RATES
    if low <= plan.learning_rate <= high:
        return None
    if plan.learning_rate > high:
        template = (
            "The peak learning rate {peak:g} is far above the 2e-5 to 1e-4 that fine-tune a "
            "pretrained BERT."
        )
    else:
        template = (
            "The peak learning rate {peak:g} is far below the 2e-5 to 1e-4 that fine-tune a "
            "pretrained BERT."
        )
    least, most = _POSSIBLE_RATES
    return Finding(
        "unusual-rate",
        "warning" if least <= plan.learning_rate <= most else "error",
        template,
        Cure({"learning_rate": _USUAL_RATE}),
        {"peak": plan.learning_rate},
    )


def _rounded_down(value: float) -> float:
    """Return a value of two digits, never above the one given."""
    scale = 10.0 ** (math.floor(math.log10(value)) - 1) if value > 0 else 1.0
    return float(f"{math.floor(value / scale * (1 + 1e-12)) * scale:.2g}")
