"""What is wrong with a plan, before anything is trained."""

from typing import Protocol

import numpy as np

from kbert.findings import Cure, Finding
from kbert.utils.wording import count_noun

FEW_UPDATES = 100
MIN_UPDATES = 10  # updates; fewer cannot move a model
_MAX_WARMUP = 10_000
_SMALL_SET = 10_000  # rows
_USUAL_RATES = (1e-6, 1e-3)  # published fine-tuning lies within 1e-5 and 1e-4


class Planned(Protocol):
    """What a plan must tell to be judged; `TrainingPlan` does, and so does Google's command."""

    @property
    def examples(self) -> int:
        """Rows of the training set."""

    @property
    def batch_size(self) -> int:
        """Rows a batch."""

    @property
    def gradient_accumulation_steps(self) -> int:
        """Batches an update."""

    @property
    def learning_rate(self) -> float:
        """The peak."""

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch."""

    @property
    def drop_remainder(self) -> bool:
        """Whether an epoch's last, incomplete batch is left out."""

    @property
    def decay_from(self) -> str:
        """ "google" where the schedule begins at rate 0."""

    @property
    def updates(self) -> int:
        """N, of which the warmup is a share."""

    @property
    def num_updates(self) -> int:
        """Updates of the whole run."""

    @property
    def warmup_updates(self) -> int:
        """Updates of warmup."""

    def share_below(self, fraction: float) -> float:
        """Share of the updates whose rate is below a fraction of the peak."""


def plan_findings(plan: Planned) -> list[Finding]:
    """Return what is wrong with a plan, in the order in which a run would meet it."""
    judges = (_batch, _dropped, _updates, _no_warmup, _long_warmup, _zero, _tiny_rates, _peak)
    return [finding for judge in judges if (finding := judge(plan)) is not None]


def plan_ended(iterations: int, end: int, cure: Cure) -> Finding:
    """Return the finding that an optimizer has come to the end of its plan, or past it."""
    ended = f"the plan ends at {end:,}"
    if iterations < end:
        ended = f"its schedule, which is not that of this plan of {end:,}, has come to its end"
    return Finding(
        "plan-ended",
        "error",
        "The optimizer has made {updates} and {ended}: every further update has learning rate "
        "0 and changes nothing.",
        cure,
        {"updates": count_noun(iterations, "update"), "ended": ended},
    )


def longest_warmup(plan: Planned) -> int:
    """Return the most updates that warmup should take: an epoch, a third, 10,000."""
    return min(_an_epoch(plan), plan.num_updates // 3, _MAX_WARMUP)


def _an_epoch(plan: Planned) -> int:
    """Return the updates of an epoch, or 50: so few are no waste, however small the set."""
    return max(plan.steps_per_epoch // plan.gradient_accumulation_steps, 50)


def _batch(plan: Planned) -> Finding | None:
    if plan.batch_size <= plan.examples:
        return None
    return Finding(
        "batch-exceeds-data",
        "warning",
        "A batch of {batch_size:,} is larger than the data ({examples}), so every epoch is one "
        "batch.",
        Cure(
            note="--batch-size {smaller_batch}", values={"smaller_batch": _smaller_batch(plan)[0]}
        ),
        {"batch_size": plan.batch_size, "examples": count_noun(plan.examples, "example")},
    )


def _dropped(plan: Planned) -> Finding | None:
    lost = plan.examples - plan.steps_per_epoch * plan.batch_size
    if not plan.drop_remainder or lost == 0:
        return None
    return Finding(
        "last-batch-dropped",
        "warning" if lost > 0.05 * plan.examples else "info",
        "Every epoch leaves out {lost:,} of {examples:,} examples ({lost2:.1%}), which do not "
        "fill a batch of {batch_size}.",
        Cure(note="--recipe recommended, which trains on every row"),
        {
            "lost": lost,
            "examples": plan.examples,
            "lost2": lost / plan.examples,
            "batch_size": plan.batch_size,
        },
    )


def _updates(plan: Planned) -> Finding | None:
    made = plan.num_updates
    if made >= FEW_UPDATES:
        return None
    batch, epochs = _smaller_batch(plan)
    return Finding(
        "too-few-updates",
        "error" if made < MIN_UPDATES else "warning",
        "The run changes the weights {times}; under {few_updates} updates a classifier learns "
        "little.",
        Cure(
            note="--batch-size {batch} --epochs {epochs}", values={"batch": batch, "epochs": epochs}
        ),
        {"times": count_noun(made, "time"), "few_updates": FEW_UPDATES},
    )


def _smaller_batch(plan: Planned) -> tuple[int, int]:
    """Return the largest usual batch with which few epochs make enough updates, and the epochs."""
    for batch in (64, 32, 16, 8, 4):
        if batch > plan.batch_size or batch > plan.examples:
            continue
        epochs = _epochs_for(plan, batch)
        if epochs <= 10:
            return batch, max(epochs, 3)
    batch = max(min(4, plan.batch_size, plan.examples), 1)
    return batch, _epochs_for(plan, batch)


def _epochs_for(plan: Planned, batch: int) -> int:
    """Return the epochs in which batches of this size make enough updates."""
    whole, rest = divmod(plan.examples, batch)
    steps = whole + (rest > 0 and not plan.drop_remainder)
    return -(-FEW_UPDATES * plan.gradient_accumulation_steps // steps)


def _no_warmup(plan: Planned) -> Finding | None:
    if plan.warmup_updates > 0 or plan.examples >= _SMALL_SET:
        return None
    few = plan.num_updates < MIN_UPDATES  # a tenth of these is no update at all
    batch, epochs = _smaller_batch(plan)
    return Finding(
        "no-warmup",
        "warning",
        "The first update has the full rate of {learning_rate:g}, without warmup, and "
        "{examples:,} examples are few: such runs often fail for some seeds.",
        Cure(
            note="{value}--warmup-proportion 0.1",
            values={"value": f"--batch-size {batch} --epochs {epochs} " * few},
        ),
        {"learning_rate": plan.learning_rate, "examples": plan.examples},
    )


def _long_warmup(plan: Planned) -> Finding | None:
    warmup, made = plan.warmup_updates, plan.num_updates
    most = longest_warmup(plan)
    if warmup <= most or made < MIN_UPDATES:
        return None
    beyond = [
        f"{name} ({size:,})"
        for name, size in (
            ("an epoch", max(plan.steps_per_epoch // plan.gradient_accumulation_steps, 1)),
            ("a third of the run", made // 3),
            ("what any BERT was trained with", _MAX_WARMUP),
        )
        if warmup > size
    ]
    return Finding(
        "warmup-too-long",
        "error" if warmup >= made else "warning",
        "Warmup takes {warmup:,} of {made:,} updates, more than {beyond}; until its end the "
        "rates are too small to learn much.",
        Cure(
            note="--warmup-proportion {rounded_down}",
            values={"rounded_down": _rounded_down(most / plan.updates)},
        ),
        {"warmup": warmup, "made": made, "beyond": " and ".join(beyond)},
    )


def _zero(plan: Planned) -> Finding | None:
    if plan.decay_from != "start" or plan.warmup_updates == 0:
        return None
    return Finding(
        "rate-zero",
        "info",
        "Update 0 has learning rate 0 and changes no weight, as Google's schedule has it.",
        Cure(note="--recipe recommended, none of whose updates has rate 0"),
    )


def _tiny_rates(plan: Planned) -> Finding | None:
    share = plan.share_below(0.01)
    if share <= 0.05 or plan.num_updates < MIN_UPDATES:
        return None
    return Finding(
        "rate-tiny",
        "warning",
        "{share:.0%} of the updates have less than 1 % of the peak rate: they learn next to "
        "nothing.",
        Cure(note="a decay of power 1, and an end rate above 0 if rates must stay low"),
        {"share": share},
    )


def _peak(plan: Planned) -> Finding | None:
    low, high = _USUAL_RATES
    if low <= plan.learning_rate <= high:
        return None
    much = "far above" if plan.learning_rate > high else "far below"
    return Finding(
        "unusual-rate",
        "warning",
        "The peak learning rate {learning_rate:g} is {much} the 2e-5 to 1e-4 that fine-tune a "
        "pretrained BERT.",
        Cure(note="--learning-rate 5e-5"),
        {"learning_rate": plan.learning_rate, "much": much},
    )


def _rounded_down(value: float) -> str:
    """Return a value to two digits, never above it."""
    scale = 10.0 ** (np.floor(np.log10(value)) - 1) if value > 0 else 1.0
    return f"{np.floor(value / scale * (1 + 1e-12)) * scale:.2g}"
