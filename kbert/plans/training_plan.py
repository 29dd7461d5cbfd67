"""The training plan: the only place that turns examples, batch size and epochs into steps."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kbert.choices import DecayFrom, Recipe
from kbert.errors import InputError
from kbert.findings import Finding, findings_table
from kbert.plans.learning_rate import learning_rate_at
from kbert.plans.plan_findings import plan_findings
from kbert.utils.wording import count_noun

_MAX_SAMPLES = 1_000_000  # rates looked at for a share


@dataclass(frozen=True)
class TrainingPlan:
    """Steps, warmup, decay and the learning rate of every update of a training run.

    A *batch* is what the model sees at once; an *update* is one change of the weights, after
    `gradient_accumulation_steps` batches. With n = examples, b = batch_size, e = epochs and
    k = gradient_accumulation_steps:

        recommended:  batches per epoch = ceil(n / b)      N = batches * e // k
        google:       batches per epoch = floor(n / b)     N = int(n / b * e) // k
        both:         W = int(N * warmup_proportion)

    The recipe "google" drops an epoch's last, incomplete batch as `run_classifier.py` does, and
    decays to its N, which may lie a few updates after the last one that is made.

    Args:
        examples: int. Rows of the training set.
        batch_size: int. Rows a batch. Defaults to 32.
        epochs: int. Passes over the data. Defaults to 3.
        learning_rate: float. The peak. Defaults to 5e-5.
        warmup_proportion: float, 0 to 1. Share of the updates spent on warmup. Defaults to 0.1.
        gradient_accumulation_steps: int. Batches an update. Defaults to 1.
        end_learning_rate: float. The rate after the last update. Defaults to 0.
        power: float. Of the polynomial decay. Defaults to 1, linear.
        recipe: "recommended" (AdamW with bias correction, continuous schedule) or "google" (the
            arithmetic of `run_classifier.py`). Defaults to "recommended".

    Raises:
        KbertError: a value out of range, or a plan without a single update.

    Example:

    ```python
    plan = TrainingPlan(examples=3668, batch_size=32, epochs=3, learning_rate=2e-5, recipe="google")
    assert (plan.updates, plan.warmup_updates) == (343, 34)
    ```
    """

    examples: int
    batch_size: int = 32
    epochs: int = 3
    learning_rate: float = 5e-5
    warmup_proportion: float = 0.1
    gradient_accumulation_steps: int = 1
    end_learning_rate: float = 0.0
    power: float = 1.0
    recipe: Recipe = "recommended"

    def __post_init__(self) -> None:
        for name in ("examples", "batch_size", "epochs", "gradient_accumulation_steps"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise InputError(
                    "`{name}` must be a whole number, 1 or more. Received: {value!r}",
                    name=name,
                    value=value,
                )
        for name in ("learning_rate", "warmup_proportion", "end_learning_rate", "power"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)):
                raise InputError(
                    "`{name}` must be a number. Received: {value!r}", name=name, value=value
                )
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InputError(
                "`learning_rate` must be above 0 (5e-5 is usual). Received: {learning_rate!r}",
                learning_rate=self.learning_rate,
            )
        if not 0 <= self.warmup_proportion < 1:
            raise InputError(
                "`warmup_proportion` must be from 0 to below 1 (0.1 is usual). Received: "
                "{warmup_proportion!r}",
                warmup_proportion=self.warmup_proportion,
            )
        if not 0 <= self.end_learning_rate <= self.learning_rate:
            raise InputError(
                "`end_learning_rate` must lie between 0 and `learning_rate`. Received: "
                "{end_learning_rate!r}",
                end_learning_rate=self.end_learning_rate,
            )
        if not self.power > 0:
            raise InputError("`power` must be above 0. Received: {power!r}", power=self.power)
        if self.recipe not in ("recommended", "google"):
            raise InputError(
                '`recipe` must be "recommended" or "google". Received: {recipe!r}',
                recipe=self.recipe,
            )
        if self.steps_per_epoch < 1:
            raise InputError(
                "{examples} examples do not fill one batch of {batch_size}, and the google "
                "recipe drops incomplete batches. Use a batch size of at most {examples}.",
                examples=self.examples,
                batch_size=self.batch_size,
            )
        if self.batches < self.gradient_accumulation_steps:
            raise InputError(
                "{batches} batches are fewer than the {gradient_accumulation_steps} that one "
                "update takes, so nothing would be trained. Lower "
                "`gradient_accumulation_steps` or raise `epochs`.",
                batches=self.batches,
                gradient_accumulation_steps=self.gradient_accumulation_steps,
            )

    @property
    def drop_remainder(self) -> bool:
        """Whether an epoch's last, incomplete batch is left out."""
        return self.recipe == "google"

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch; what Keras calls `steps_per_epoch`."""
        if self.drop_remainder:
            return self.examples // self.batch_size
        return -(-self.examples // self.batch_size)

    @property
    def batches(self) -> int:
        """Batches of the whole run."""
        return self.steps_per_epoch * self.epochs

    @property
    def updates(self) -> int:
        """N: the update at which the decay reaches its end."""
        if self.recipe == "google":
            # Float division, then truncation: 3668 / 32 * 3 is 343, not 342.
            return (
                int(self.examples / self.batch_size * self.epochs)
                // self.gradient_accumulation_steps
            )
        return self.batches // self.gradient_accumulation_steps

    @property
    def num_updates(self) -> int:
        """Updates that the run makes; with the recipe "google" a few less than N."""
        return self.batches // self.gradient_accumulation_steps

    @property
    def warmup_updates(self) -> int:
        """W: the updates of linear warmup."""
        return int(self.updates * self.warmup_proportion)

    @property
    def decay_from(self) -> DecayFrom:
        """How warmup meets decay; see `WarmupPolynomialDecay`."""
        return "start" if self.recipe == "google" else "warmup_end"

    def learning_rate_at(self, update: Any) -> Any:
        """Return the rate of an update, or of an array of them, counted from 0."""
        return learning_rate_at(
            np.asarray(update),
            peak=self.learning_rate,
            decay_steps=self.updates,
            warmup_steps=self.warmup_updates,
            end=self.end_learning_rate,
            power=self.power,
            decay_from=self.decay_from,
        )

    def share_below(self, fraction: float) -> float:
        """Return the share of the updates made whose rate is below `fraction` of the peak."""
        made = self.num_updates
        updates = np.linspace(0, made - 1, min(made, _MAX_SAMPLES)).round().astype(np.int64)
        return float(np.mean(self.learning_rate_at(updates) < fraction * self.learning_rate))

    def findings(self) -> list[Finding]:
        """Return what is wrong with this plan; nothing when it is sound."""
        return plan_findings(self)

    def key_points(self) -> dict[str, int]:
        """Return the updates worth showing, by name, in their order and each once."""
        made = self.num_updates
        points = {
            "first update": 0,
            "last update": made - 1,
            "end of warmup": self.warmup_updates,
            "half way": made // 2,
        }
        named: dict[int, str] = {}
        for name, update in points.items():
            if update < made:
                named.setdefault(update, name)
        return {named[update]: update for update in sorted(named)}

    def __str__(self) -> str:
        """Return the plan as a few lines for a person."""
        per_update = (
            f", {self.gradient_accumulation_steps} to an update"
            if self.gradient_accumulation_steps > 1
            else ""
        )
        lines = [
            f"Training plan ({self.recipe} recipe)",
            f"  {self.examples:,} examples in batches of {self.batch_size}{per_update}: "
            f"{count_noun(self.steps_per_epoch, 'batch', 'batches')} an epoch",
            f"  {count_noun(self.epochs, 'epoch')}: "
            f"{count_noun(self.updates, 'update')}, "
            + (f"the first {self.warmup_updates:,} warmup" if self.warmup_updates else "no warmup"),
            "  learning rate:",
        ]
        for name, update in self.key_points().items():
            rate = float(self.learning_rate_at(update))
            lines.append(f"    update {update:>7,}  {rate:.3g}  ({name})")
        lines.append(
            f"  trained at under 10 % of the peak: {self.share_below(0.1):.1%} of the examples"
        )
        if findings := self.findings():
            lines.append(findings_table(findings))
        return "\n".join(lines)
