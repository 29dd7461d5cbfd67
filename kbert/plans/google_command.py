"""What a command of google-research/bert's `run_classifier.py` would do."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kbert.data.inspection.class_order import SHUFFLE_BUFFER
from kbert.data.inspection.shuffle_buffer import simulate_shuffle_buffer
from kbert.errors import InputError
from kbert.findings import Cure, Finding, Option, worded
from kbert.plans.google_flags import plan_settings, read_google_flags
from kbert.plans.plan_findings import plan_ended, plan_findings
from kbert.plans.training_plan import TrainingPlan
from kbert.plans.update_schedule import UpdateSchedule
from kbert.utils.wording import count_noun

_MAX_EPOCHS = 1e9
_AT_LEAST_1 = "{name} must be at least 1. Received: {value:g}"
_ABOVE_0 = "{name} must be above 0, and finite. Received: {value:g}"


@dataclass(frozen=True)
class GoogleCommand(UpdateSchedule):
    """The plan that `run_classifier.py` derives from its flags, and its current position.

        N = int(examples / train_batch_size * num_train_epochs)
        W = int(N * warmup_proportion)

    The script repeats the rows before it batches them, so that none is left out. Training ends at
    global step N, whatever step it begins at.

    Args:
        examples: int. Rows of the training set.
        batch_size: int. --train_batch_size. Defaults to 32.
        epochs: float. --num_train_epochs. Defaults to 3.
        learning_rate: float. --learning_rate. Defaults to 5e-5.
        warmup_proportion: float. --warmup_proportion. Defaults to 0.1.
        max_length: int. --max_seq_length. Defaults to 128.
        global_step: int. The step of the newest checkpoint in --output_dir. Defaults to 0: none.

    Raises:
        InputError: a value with which the script would not train.

    Source: `main` and `file_based_input_fn_builder` in `run_classifier.py`, `optimization.py`.

    Example:

    ```python
    command = GoogleCommand.from_flags("--num_train_epochs=3", examples=3668)
    assert (command.updates, command.warmup_updates) == (343, 34)
    ```
    """

    examples: int
    batch_size: int = 32
    epochs: float = 3.0
    learning_rate: float = 5e-5
    warmup_proportion: float = 0.1
    max_length: int = 128
    global_step: int = 0

    def __post_init__(self) -> None:
        for fits, name, value, template in (
            (self.examples >= 1, Option("examples"), self.examples, _AT_LEAST_1),
            (self.batch_size >= 1, "--train_batch_size", self.batch_size, _AT_LEAST_1),
            (0 < self.epochs < _MAX_EPOCHS, "--num_train_epochs", self.epochs, _ABOVE_0),
            (0 < self.learning_rate < math.inf, "--learning_rate", self.learning_rate, _ABOVE_0),
            (
                0 <= self.warmup_proportion < 1,
                "--warmup_proportion",
                self.warmup_proportion,
                "{name} must be from 0 to below 1. Received: {value:g}",
            ),
            (
                self.max_length >= 3,
                "--max_seq_length",
                self.max_length,
                "{name} must be at least 3, of which two are [CLS] and [SEP]. Received: {value:g}",
            ),
            (
                self.global_step >= 0,
                Option("global_step"),
                self.global_step,
                "{name} must be at least 0. Received: {value:g}",
            ),
        ):
            if not fits:
                raise InputError(template, name=name, value=value)
        if self.updates < 1:
            raise InputError(
                "int({examples} / {batch_size} * {epochs}) is 0: run_classifier.py would train "
                "nothing. Lower --train_batch_size or raise --num_train_epochs.",
                examples=self.examples,
                batch_size=self.batch_size,
                epochs=self.epochs,
            )

    @classmethod
    def from_flags(cls, flags: str, examples: int, global_step: int = 0) -> "GoogleCommand":
        """Return the command of a string of flags.

        Args:
            flags: str, as typed: "--train_batch_size=32 --do_train=true ...".
            examples: int. Rows of the training set.
            global_step: int. Defaults to 0.

        Raises:
            InputError: a value is not a number, or there is no such flag.
        """
        settings = plan_settings(read_google_flags(flags))
        return cls(examples=examples, global_step=global_step, **settings)

    @property
    def remaining(self) -> int:
        """Updates that the command would perform."""
        return max(self.updates - self.global_step, 0)

    def findings(self, label_ids: np.ndarray | None = None) -> list[Finding]:
        """Return what is wrong with the command.

        Args:
            label_ids: int array [rows], the classes in the order of the file, or None.
        """
        findings = plan_findings(self)
        if self.remaining == 0:
            findings.insert(0, plan_ended(self.global_step, self.updates, self._ended_cure()))
        if label_ids is not None:
            findings += self._shuffle(label_ids)
        return findings

    def _ended_cure(self) -> Cure:
        more = self.global_step * self.batch_size / self.examples + self.epochs
        return Cure(
            note="--output_dir=NEW --init_checkpoint=OLD/model.ckpt-{step} for a second run",
            values={"step": self.global_step},
            otherwise=(
                Cure(
                    note="--num_train_epochs={more:.4g} for {epochs:g} more epochs at rates far "
                    "into the decay",
                    values={"more": more, "epochs": self.epochs},
                ),
            ),
        )

    def _shuffle(self, label_ids: np.ndarray) -> list[Finding]:
        batches = simulate_shuffle_buffer(label_ids, SHUFFLE_BUFFER, self.batch_size)
        if batches.classes > 0.9 * batches.classes_by_chance:
            return []
        return [
            Finding(
                "small-shuffle-buffer",
                "error",
                "shuffle(buffer_size={shuffle_buffer}) does not mix these {examples:,} rows: a "
                "batch contains {classes:.1f} classes, and would contain {classes_by_chance:.1f} "
                "in a random order.",
                Cure(
                    code=f"shuffle(buffer_size={self.examples})",
                    otherwise=(Cure(note="shuffle the file: shuf"),),
                ),
                {
                    "shuffle_buffer": SHUFFLE_BUFFER,
                    "examples": self.examples,
                    "classes": batches.classes,
                    "classes_by_chance": batches.classes_by_chance,
                },
            )
        ]

    @property
    def whole_epochs(self) -> int:
        """The epochs, rounded up to whole ones."""
        return math.ceil(self.epochs)

    def kbert_plan(self) -> TrainingPlan:
        """Return the plan of kbert's recipe "google" with the same settings."""
        return TrainingPlan(
            examples=self.examples,
            batch_size=self.batch_size,
            epochs=self.whole_epochs,
            learning_rate=self.learning_rate,
            warmup_proportion=self.warmup_proportion,
            recipe="google",
        )

    def kbert_settings(self) -> dict[str, Any]:
        """Return the settings with which kbert trains as this command was meant to."""
        settings = {
            "recipe": "google",
            "batch_size": self.batch_size,
            "epochs": self.whole_epochs,
            "learning_rate": self.learning_rate,
            "max_length": self.max_length,
        }
        if self.warmup_proportion != 0.1:
            settings["warmup_proportion"] = self.warmup_proportion
        return settings

    def __str__(self) -> str:
        rate = float(self.learning_rate_at(self.global_step))
        lines = [
            worded("run_classifier.py with these flags"),
            worded(
                "  N = int({examples:,} / {batch_size} * {epochs:g}) = {updates:,} updates, W = "
                "int(N * {warmup_proportion:g}) = {warmup_updates:,} of warmup",
                examples=self.examples,
                batch_size=self.batch_size,
                epochs=self.epochs,
                updates=self.updates,
                warmup_proportion=self.warmup_proportion,
                warmup_updates=self.warmup_updates,
            ),
            worded(
                "  at global step {global_step:,} the learning rate is {rate:.3g}",
                global_step=self.global_step,
                rate=rate,
            ),
        ]
        if self.remaining:
            lines.append(
                worded("  it trains: {updates} left", updates=count_noun(self.remaining, "update"))
            )
        else:
            lines.append(
                worded(
                    '  it trains nothing: "Skipping training since max_steps has already saved."'
                )
            )
        return "\n".join(lines)
