"""What a command of google-research/bert's `run_classifier.py` would do."""

import difflib
import math
import shlex
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kbert.choices import DecayFrom
from kbert.data.inspection.class_order import SHUFFLE_BUFFER
from kbert.data.inspection.shuffle_buffer import simulate_shuffle_buffer
from kbert.errors import InputError
from kbert.findings import Cure, Finding
from kbert.plans.learning_rate import learning_rate_at
from kbert.plans.plan_findings import plan_ended, plan_findings
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.wording import count_noun

_FLAGS = {
    "train_batch_size": int,
    "num_train_epochs": float,
    "learning_rate": float,
    "warmup_proportion": float,
    "max_seq_length": int,
}
# What kbert's own settings are called there.
_NAMES = {
    "batch_size": "train_batch_size",
    "epochs": "num_train_epochs",
    "learning_rate": "learning_rate",
    "warmup_proportion": "warmup_proportion",
    "max_length": "max_seq_length",
}
_SAMPLES = 1_000_000
_MAX_EPOCHS = 1e9


def _refuse_near_miss(name: str) -> None:
    """Raise KbertError for a flag that is mistyped, of which the script knows many others."""
    near = difflib.get_close_matches(name, _FLAGS, 1, cutoff=0.85)
    if near:
        raise InputError(
            "There is no flag --{name}. Did you mean --{near}?", name=name, near=near[0]
        )


@dataclass(frozen=True)
class GoogleCommand:
    """The plan that `run_classifier.py` makes of its flags, and where it stands in it.

        N = int(examples / train_batch_size * num_train_epochs)
        W = int(N * warmup_proportion)

    The rows are repeated before they are batched, so that none is left out. Training ends at
    global step N, whatever step it begins at.

    Args:
        examples: int. Rows of the training set.
        batch_size: int. --train_batch_size. Defaults to 32.
        epochs: float. --num_train_epochs. Defaults to 3.
        learning_rate: float. --learning_rate. Defaults to 5e-5.
        warmup_proportion: float. --warmup_proportion. Defaults to 0.1.
        max_length: int. --max_seq_length. Defaults to 128.
        global_step: int. The step of the newest checkpoint in --output_dir. Defaults to 0: none.

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
    gradient_accumulation_steps: ClassVar[int] = 1
    drop_remainder: ClassVar[bool] = False
    decay_from: ClassVar[DecayFrom] = "start"

    def __post_init__(self) -> None:
        for name, value, fits in (
            ("The examples", self.examples, self.examples >= 1),
            ("--train_batch_size", self.batch_size, self.batch_size >= 1),
            ("--num_train_epochs", self.epochs, 0 < self.epochs < _MAX_EPOCHS),
            ("--learning_rate", self.learning_rate, 0 < self.learning_rate < math.inf),
            ("--warmup_proportion", self.warmup_proportion, 0 <= self.warmup_proportion < 1),
            ("--max_seq_length", self.max_length, self.max_length >= 3),
            ("--global-step", self.global_step, self.global_step >= 0),
        ):
            if not fits:
                raise InputError(
                    "{name} cannot be {value:g}: no training comes of it.", name=name, value=value
                )
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
        """Return the command of a string of flags; those that do not matter here are passed over.

        Args:
            flags: str, as typed: "--train_batch_size=32 --do_train=true ...".
            examples: int. Rows of the training set.
            global_step: int. Defaults to 0.

        Raises:
            KbertError: a value is no number.
        """
        given: dict[str, float] = {}
        try:
            words = shlex.split(flags.replace("\\\n", " "))
        except ValueError as error:
            raise InputError(
                "The flags cannot be read: {error}. Received: {flags}", error=error, flags=flags
            ) from None
        for place, word in enumerate(words):
            name, equals, value = word.lstrip("-").partition("=")
            if not word.startswith("-"):
                continue
            if name not in _FLAGS:
                _refuse_near_miss(name)
                continue
            if not equals:
                value = words[place + 1] if place + 1 < len(words) else ""
            try:
                given[name] = _FLAGS[name](value)
            except ValueError:
                kind = "a whole number" if _FLAGS[name] is int else "a number"
                raise InputError(
                    "--{name} must be {kind}. Received: {value!r}",
                    name=name,
                    kind=kind,
                    value=value,
                ) from None
        return cls(
            examples=examples,
            batch_size=int(given.get("train_batch_size", 32)),
            epochs=given.get("num_train_epochs", 3.0),
            learning_rate=given.get("learning_rate", 5e-5),
            warmup_proportion=given.get("warmup_proportion", 0.1),
            max_length=int(given.get("max_seq_length", 128)),
            global_step=global_step,
        )

    @property
    def updates(self) -> int:
        """N, the global step at which training ends."""
        return int(self.examples / self.batch_size * self.epochs)

    @property
    def num_updates(self) -> int:
        """Updates of the whole plan."""
        return self.updates

    @property
    def warmup_updates(self) -> int:
        """W, the steps of warmup."""
        return int(self.updates * self.warmup_proportion)

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch, rounded up."""
        return -(-self.examples // self.batch_size)

    @property
    def remaining(self) -> int:
        """Updates that the command would make."""
        return max(self.updates - self.global_step, 0)

    def rate_at(self, step: int | np.ndarray) -> np.ndarray:
        """Return the learning rate of a step, or of an array of them."""
        return learning_rate_at(
            np.asarray(step),
            peak=self.learning_rate,
            decay_steps=self.updates,
            warmup_steps=self.warmup_updates,
            decay_from=self.decay_from,
        )

    def share_below(self, fraction: float) -> float:
        """Return the share of the updates whose rate is below `fraction` of the peak."""
        steps = np.linspace(0, self.updates - 1, min(self.updates, _SAMPLES)).round().astype(int)
        return float(np.mean(self.rate_at(steps) < fraction * self.learning_rate))

    def findings(self, label_ids: np.ndarray | None = None) -> list[Finding]:
        """Return what is wrong with the command.

        Args:
            label_ids: int array [rows], the classes in the order of the file, or None.
        """
        findings = plan_findings(self)
        if self.remaining == 0:
            more = self.global_step * self.batch_size / self.examples + self.epochs
            findings.insert(
                0,
                plan_ended(
                    self.global_step,
                    self.updates,
                    Cure(
                        note="--output_dir=NEW --init_checkpoint=OLD/model.ckpt-{step}, a second "
                        "training; --num_train_epochs={more:.4g} would run {epochs:g} more "
                        "epochs at rates far into the decay",
                        values={"step": self.global_step, "more": more, "epochs": self.epochs},
                    ),
                ),
            )
        if label_ids is not None:
            findings += self._shuffle(label_ids)
        return findings

    def _shuffle(self, label_ids: np.ndarray) -> list[Finding]:
        batches = simulate_shuffle_buffer(label_ids, SHUFFLE_BUFFER, self.batch_size)
        if batches.classes > 0.9 * batches.classes_by_chance:
            return []
        return [
            Finding(
                "small-shuffle-buffer",
                "error",
                "shuffle(buffer_size={shuffle_buffer}) does not mix these {examples:,} rows: a "
                "batch holds {classes:.1f} classes, and would hold {classes_by_chance:.1f} in "
                "a random order.",
                Cure(
                    note="shuffle(buffer_size={examples}), or shuffle the file: shuf",
                    values={"examples": self.examples},
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
        """Return the plan of kbert's recipe google with the same settings."""
        return TrainingPlan(
            examples=self.examples,
            batch_size=self.batch_size,
            epochs=self.whole_epochs,
            learning_rate=self.learning_rate,
            warmup_proportion=self.warmup_proportion,
            recipe="google",
        )

    def kbert_flags(self) -> str:
        """Return the flags with which kbert trains as this command was meant to."""
        flags = f"--recipe google --batch-size {self.batch_size} --epochs {self.whole_epochs}"
        flags += f" --learning-rate {self.learning_rate:g} --max-length {self.max_length}"
        if self.warmup_proportion != 0.1:
            flags += f" --warmup-proportion {self.warmup_proportion:g}"
        return flags

    def __str__(self) -> str:
        """Return what the command would do, for a person."""
        rate = float(self.rate_at(self.global_step))
        lines = [
            "run_classifier.py with these flags",
            f"  N = int({self.examples:,} / {self.batch_size} * {self.epochs:g}) = "
            f"{self.updates:,} updates, W = int(N * {self.warmup_proportion:g}) = "
            f"{self.warmup_updates:,} of warmup",
            f"  at global step {self.global_step:,} the learning rate is {rate:.3g}",
        ]
        if self.remaining:
            lines.append(f"  it trains: {count_noun(self.remaining, 'update')} left to make")
        else:
            lines.append(
                '  it trains nothing: "Skipping training since max_steps has already saved."'
            )
        return "\n".join(lines)
