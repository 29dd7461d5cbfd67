"""A plan that is changed in the middle of a run."""

from dataclasses import dataclass, replace

from kbert.display import padded
from kbert.errors import InputError
from kbert.findings import Call, Cure, Finding, worded
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class ChangedPlan:
    """An old plan, a new one, and the point between them, measured in examples seen.

    The new plan continues from the update that it would have reached with the same rows. If only
    the number of devices changes, batches, updates and rates stay the same, and only the rows on
    each device change. For both plans:

        batches = epochs * steps_per_epoch + (steps_per_epoch - batches left of the epoch)
        update = batches // gradient_accumulation_steps

    Args:
        old: TrainingPlan.
        new: TrainingPlan.
        examples_seen: int. Rows trained on, including repetitions.

    Raises:
        InputError: the plans are for different numbers of examples.

    Example:

    ```python
    old = TrainingPlan(examples=1000, batch_size=10, epochs=3)
    change = ChangedPlan(old, TrainingPlan(examples=1000, batch_size=20, epochs=3), 1000)
    assert (change.old_update, change.new_update) == (100, 50)
    ```
    """

    old: TrainingPlan
    new: TrainingPlan
    examples_seen: int

    def __post_init__(self) -> None:
        if self.old.examples != self.new.examples:
            raise InputError(
                "The run was trained on {old:,} examples, but there are {new:,} now. A run resumes "
                "on its own data. For other data: {call}",
                old=self.old.examples,
                new=self.new.examples,
                call=Call("continue", "RUN", "DATA", output="NEW"),
            )

    @property
    def trains_alike(self) -> bool:
        """Whether both plans perform the same updates, regardless of the number of devices."""
        return replace(self.new, devices=self.old.devices) == self.old

    @property
    def batches_differ(self) -> bool:
        """Whether the new plan divides the same rows into different batches or updates."""
        names = ("batch_size", "gradient_accumulation_steps", "drop_remainder")
        return any(getattr(self.old, name) != getattr(self.new, name) for name in names)

    @property
    def new_batches(self) -> int:
        """The batch from which the new plan continues."""
        return _batches(self.new, self.examples_seen)

    @property
    def old_update(self) -> int:
        """Updates performed under the old plan."""
        return _update(self.old, self.examples_seen)

    @property
    def new_update(self) -> int:
        """The update from which the new plan continues."""
        return _update(self.new, self.examples_seen)

    @property
    def remaining(self) -> int:
        """Updates left in the new plan."""
        return max(self.new.num_updates - self.new_update, 0)

    @property
    def old_rate(self) -> float:
        """The old plan's learning rate at this point."""
        return float(self.old.learning_rate_at(self.old_update))

    @property
    def new_rate(self) -> float:
        """The new plan's learning rate at this point."""
        return float(self.new.learning_rate_at(self.new_update))

    @property
    def epochs_in_proportion(self) -> int:
        """Epochs in which the new plan has at least as many updates as the old one."""
        updates = max(self.old.num_updates, self.new_update + 1)
        return -(-updates * self.new.gradient_accumulation_steps // self.new.steps_per_epoch)

    def in_proportion(self) -> "ChangedPlan":
        """Return the change with the new plan's epochs in proportion."""
        return replace(self, new=replace(self.new, epochs=self.epochs_in_proportion))

    def findings(self) -> list[Finding]:
        """Return what is wrong with continuing with the new plan."""
        if self.new.num_updates >= self.old_update and self.remaining > 0:
            return []
        if self.remaining == 0:
            template = (
                "The run has performed {done}, which is the end of the new plan or beyond it: "
                "nothing would be trained. Scaled in proportion, the run would have {scaled}."
            )
        else:
            template = (
                "The run has performed {done}, but the new plan ends at {end:,}: in {epochs}, "
                "larger batches give fewer updates than are already done. Scaled in proportion, "
                "the run would have {scaled}."
            )
        scaled = self.epochs_in_proportion
        return [
            Finding(
                "plan-behind",
                "error",
                template,
                Cure({"scale_epochs": True}, otherwise=(Cure({"epochs": scaled}),)),
                {
                    "done": count_noun(self.old_update, "update"),
                    "end": self.new.num_updates,
                    "epochs": count_noun(self.new.epochs, "epoch"),
                    "scaled": count_noun(scaled, "epoch"),
                },
            )
        ]

    def __str__(self) -> str:
        old, new = self.old, self.new
        rows = [
            ("", worded("old plan"), worded("new plan")),
            (worded("batch size"), f"{old.batch_size:,}", f"{new.batch_size:,}"),
            (worded("epochs"), f"{old.epochs:,}", f"{new.epochs:,}"),
            (worded("updates"), f"{old.num_updates:,}", f"{new.num_updates:,}"),
            (worded("current update"), f"{self.old_update:,}", f"{self.new_update:,}"),
            (worded("learning rate"), f"{self.old_rate:.3g}", f"{self.new_rate:.3g}"),
        ]
        if (old.devices, new.devices) != (1, 1):
            each = f"{old.rows_per_device:,}", f"{new.rows_per_device:,}"
            rows[2:2] = [
                (worded("devices"), f"{old.devices:,}", f"{new.devices:,}"),
                (worded("rows on each"), *each),
            ]
        lines = [worded("Resuming after {rows:,} examples", rows=self.examples_seen)]
        lines += [
            f"  {padded(name, 14)}{padded(before, 12, right=True)}{padded(after, 12, right=True)}"
            for name, before, after in rows
        ]
        lines.append(worded("  {updates} left", updates=count_noun(self.remaining, "update")))
        return "\n".join(lines)


def _update(plan: TrainingPlan, examples_seen: int) -> int:
    return _batches(plan, examples_seen) // plan.gradient_accumulation_steps


def _batches(plan: TrainingPlan, examples_seen: int) -> int:
    """Return after how many batches a plan has seen this many rows, if it batches the rest."""
    epochs, within = divmod(examples_seen, plan.examples)
    rest = plan.examples - within
    left = rest // plan.batch_size if plan.drop_remainder else -(-rest // plan.batch_size)
    return (epochs + 1) * plan.steps_per_epoch - left
