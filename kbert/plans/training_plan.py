"""The training plan: the only place that turns examples, batch size and epochs into steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from kbert.choices import DecayFrom, PlanRecipe
from kbert.errors import InputError
from kbert.findings import Cure, Finding, Message, Option, findings_table, worded
from kbert.plans.device_findings import device_findings
from kbert.plans.plan_checks import check_number, check_plan_settings, check_recipe
from kbert.plans.plan_findings import plan_findings
from kbert.plans.update_schedule import UpdateSchedule
from kbert.utils.counts import check_count
from kbert.utils.wording import count_noun

# On JAX, Keras counts the steps of an optimizer in 32 bits.
_MAX_BATCHES = 2**31 - 1
_POINTS = {
    "first update": Message("first update"),
    "last update": Message("last update"),
    "end of warmup": Message("end of warmup"),
    "half way": Message("half way"),
}


@dataclass(frozen=True)
class TrainingPlan(UpdateSchedule):
    """Steps, warmup, decay and the learning rate of every update of a training run.

    A *batch* is what the model sees at once, one step in Keras; an *update* is one change of the
    weights, after `gradient_accumulation_steps` batches. With n = examples, b = batch_size,
    e = epochs and k = gradient_accumulation_steps:

        recommended:  batches per epoch = ceil(n / b)      N = batches * e // k
        google:       batches per epoch = floor(n / b)     N = int(n / b * e) // k
        both:         W = int(N * warmup_proportion)

    A batch is shared by all devices and counts once: with more devices, only the number of rows on
    each device changes. If a batch does not divide evenly, it is padded with rows of weight 0.

    The recipe "google" drops an epoch's last, incomplete batch, and decays to the N of
    `run_classifier.py`, which may be a few updates after the last update of the run.

    Args:
        examples: int. Rows of the training set.
        batch_size: int. Rows per batch, on all devices together. Defaults to 32.
        epochs: int. Passes over the data. Defaults to 3.
        learning_rate: float. The peak. Defaults to 5e-5.
        warmup_proportion: float, 0 to 1. Share of the updates spent on warmup. Defaults to 0.1.
        gradient_accumulation_steps: int. Batches per update. Defaults to 1.
        end_learning_rate: float. The rate after the last update. Defaults to 0.
        power: float. The power of the polynomial decay. Defaults to 1, linear.
        recipe: "recommended" (AdamW with bias correction, continuous schedule) or "google" (the
            arithmetic of `run_classifier.py`). Defaults to "recommended".
        devices: int. Devices that share each batch, over all processes. Defaults to 1.

    Raises:
        InputError: a value is out of range, or the plan would not perform a single update.

    Example:

    ```python
    plan = TrainingPlan(examples=3668, batch_size=32, epochs=3, learning_rate=2e-5, recipe="google")
    assert (plan.updates, plan.warmup_updates) == (343, 34)
    assert TrainingPlan(examples=3668, batch_size=32, devices=8).rows_per_device == 4
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
    recipe: PlanRecipe = "recommended"
    devices: int = 1

    def __post_init__(self) -> None:
        check_count("examples", self.examples)
        check_count("batch_size", self.batch_size)
        check_count("devices", self.devices)
        check_plan_settings(self)
        check_recipe(self.recipe, PlanRecipe)
        check_number("end_learning_rate", self.end_learning_rate)
        check_number("power", self.power)
        if not 0 <= self.end_learning_rate <= self.learning_rate:
            raise InputError(
                "{option} must lie between 0 and {peak}. Received: {value!r}",
                option=Option("end_learning_rate"),
                peak=Option("learning_rate"),
                value=self.end_learning_rate,
            )
        if not self.power > 0:
            raise InputError(
                "{option} must be above 0. Received: {value!r}",
                option=Option("power"),
                value=self.power,
            )
        if self.steps_per_epoch < 1:
            raise InputError(
                "{examples} do not fill a batch of {batch_size:,}, and the google recipe drops "
                "incomplete batches.",
                examples=count_noun(self.examples, "example"),
                batch_size=self.batch_size,
                cure=Cure({"batch_size": self.examples}, note="or less"),
            )
        if self.batches > _MAX_BATCHES:
            raise InputError(
                "{epochs:,} epochs of {steps:,} batches are more than an optimizer can count "
                "({largest:,}).",
                epochs=self.epochs,
                steps=self.steps_per_epoch,
                largest=_MAX_BATCHES,
                cure=Cure({"epochs": max(_MAX_BATCHES // self.steps_per_epoch, 1)}, note="or less"),
            )
        k = self.gradient_accumulation_steps
        if self.batches < k:
            epochs = -(-k // self.steps_per_epoch)
            raise InputError(
                "{batches} cannot fill an update of {k:,}, so nothing would be trained.",
                batches=count_noun(self.batches, "batch", "batches"),
                k=k,
                cure=Cure(
                    {"gradient_accumulation_steps": self.batches},
                    otherwise=(Cure({"epochs": epochs}),),
                ),
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainingPlan":
        """Return the plan that a run or a checkpoint has recorded, including those of kbert 0.1.

        Args:
            values: dict, as from `dataclasses.asdict`; names that are not fields are ignored.
        """
        renamed = {"accumulation": "gradient_accumulation_steps"}  # kbert 0.1
        values = {renamed.get(name, name): value for name, value in values.items()}
        return cls(**{f.name: values[f.name] for f in fields(cls) if f.name in values})

    @property
    def drop_remainder(self) -> bool:
        return self.recipe == "google"

    @property
    def decay_from(self) -> DecayFrom:
        return "start" if self.recipe == "google" else "warmup_end"

    @property
    def batches(self) -> int:
        """Batches of the whole run."""
        return self.steps_per_epoch * self.epochs

    @property
    def updates(self) -> int:
        return super().updates if self.recipe == "google" else self.num_updates

    @property
    def num_updates(self) -> int:
        """Updates of the whole run; with the recipe "google", at times a few less than N."""
        return self.batches // self.gradient_accumulation_steps

    def findings(self) -> list[Finding]:
        """Return what is wrong with this plan; an empty list if nothing is."""
        return plan_findings(self) + device_findings(self)

    def key_points(self) -> dict[str, int]:
        """Return the updates worth showing by name, in order and each once."""
        end = self.num_updates
        points = {
            "first update": 0,
            "last update": end - 1,
            "end of warmup": self.warmup_updates,
            "half way": end // 2,
        }
        named: dict[int, str] = {}
        for name, update in points.items():
            if update < end:
                named.setdefault(update, name)
        return {named[update]: update for update in sorted(named)}

    def __str__(self) -> str:
        return self.describe(self.findings())

    def describe(
        self,
        findings: Sequence[Finding],
        recipe: str | None = None,
        of_recipe: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the plan as text, with its findings.

        Args:
            findings: sequence of Finding.
            recipe: str or None. The name of the settings that the plan is made from. Defaults to
                None: the plan's own recipe.
            of_recipe: dict or None. The settings that come from the recipe. Defaults to None.
        """
        k = self.gradient_accumulation_steps
        per_update = worded(", {k:,} per update", k=k) if k > 1 else ""
        warmup = (
            worded("{warmup_updates:,} of them", warmup_updates=self.warmup_updates)
            if self.warmup_updates
            else worded("no")
        )
        lines = [
            worded("Training plan ({recipe} recipe)", recipe=recipe or self.recipe),
            worded(
                "  {examples:,} examples in batches of {batch_size}{per_update}: {batches} per "
                "epoch",
                examples=self.examples,
                batch_size=self.batch_size,
                per_update=per_update,
                batches=count_noun(self.steps_per_epoch, "batch", "batches"),
            ),
            worded(
                "  {epochs}: {updates}, {warmup} warmup",
                epochs=count_noun(self.epochs, "epoch"),
                updates=count_noun(self.updates, "update"),
                warmup=warmup,
            ),
            worded("  learning rate:"),
        ]
        if self.devices > 1:
            lines.insert(2, self._describe_devices())
        if of_recipe:
            settings = worded(", ").join(str(Option(*setting)) for setting in of_recipe.items())
            lines.insert(1, worded("  of the recipe: {settings}", settings=settings))
        for name, update in self.key_points().items():
            rate = float(self.learning_rate_at(update))
            lines.append(
                worded(
                    "    update {update:>7,}  {rate:.3g}  ({name})",
                    update=update,
                    rate=rate,
                    name=_POINTS[name],
                )
            )
        lines.append(
            worded(
                "  examples trained below 10% of the peak rate: {share:.1%}",
                share=self.share_below(0.1),
            )
        )
        if findings:
            lines.append(findings_table(findings))
        return "\n".join(lines)

    def _describe_devices(self) -> str:
        return worded(
            "  {devices}: {rows} of each batch on each{padding}",
            devices=count_noun(self.devices, "device"),
            rows=count_noun(self.rows_per_device, "row"),
            padding=worded(
                ", {padding:,} of {all:,} padding",
                padding=self.padding_rows,
                all=self.rows_per_device * self.devices,
            )
            if self.padding_rows
            else "",
        )


def check_plan(plan: Any) -> None:
    """Raise InputError if this is not a TrainingPlan, before it is used as one."""
    if not isinstance(plan, TrainingPlan):
        raise InputError(
            "{option} must be a TrainingPlan. Received: {kind}",
            option=Option("plan"),
            kind=type(plan).__name__,
            cure=Cure(code="kbert.TrainingPlan(examples=len(train), epochs=3)"),
        )
