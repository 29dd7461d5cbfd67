"""All settings of a training run."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from kbert.choices import Task
from kbert.config.checkpoint_options import CheckpointOptions
from kbert.config.checks import check_type
from kbert.config.evaluation_options import EvaluationOptions
from kbert.config.few_rows import of_few_rows
from kbert.config.loss_options import LossOptions
from kbert.config.machine_options import MachineOptions
from kbert.config.model_options import ModelOptions
from kbert.config.read_toml import read_toml
from kbert.config.recipes import filled_by_recipe, of_recipe
from kbert.config.shard_options import ShardOptions
from kbert.config.split_options import SplitOptions, check_split
from kbert.config.technique_options import TechniqueOptions
from kbert.config.tracker_options import TrackerOptions
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError, check_codes
from kbert.findings import Finding, Option
from kbert.plans.plan_options import PlanOptions

if TYPE_CHECKING:
    from kbert.plans.training_plan import TrainingPlan


@filled_by_recipe
@dataclass(frozen=True, kw_only=True)
class TrainConfig(
    MachineOptions,
    TrackerOptions,
    CheckpointOptions,
    EvaluationOptions,
    SplitOptions,
    ShardOptions,
    LossOptions,
    TechniqueOptions,
    ModelOptions,
    PlanOptions,
    ReadingOptions,
):
    """All settings of a training run.

    The docstring of each field is the help text of its flag. A recipe fills in the settings that
    are not given. `from_toml` and `to_toml` are inverses of each other.

    Raises:
        InputError: a value out of range, or two that contradict each other.

    Example:

    ```python
    config = TrainConfig(data="reviews.csv", epochs=4)
    assert config.batch_size == 32
    assert TrainConfig(data="reviews.csv", recipe="fast").epochs == 1
    ```
    """

    data: str = field(kw_only=False)
    """Labelled file (CSV, JSON, Parquet, XLSX, ...), several as 'data/*.csv'; a task's folder; or a
    token store, from its folder or URI."""
    task: Task | None = None
    """Data set in the layout of GLUE or XNLI, whose files are read as run_classifier.py reads
    them."""
    output: str | None = None
    """Run directory, which must not exist yet; by default the next free NAME-N."""
    parent: str | None = None
    """Run whose model to start from, in place of a preset."""
    allow: tuple[str, ...] = ()
    """Codes of findings that must not stop the run, such as too-few-updates."""

    def __post_init__(self) -> None:
        for name, hint in self.hints().items():
            check_type(name, getattr(self, name), hint)
        for name in ("output", "parent", "preset", "dev", "test"):
            if getattr(self, name) == "":
                raise InputError("{option} must not be empty.", option=Option(name))
        check_codes(self.allow)
        self._check_task()
        for options in (
            PlanOptions,
            ModelOptions,
            LossOptions,
            TechniqueOptions,
            SplitOptions,
            ShardOptions,
            EvaluationOptions,
            CheckpointOptions,
            TrackerOptions,
        ):
            options.__post_init__(self)
        MachineOptions.__post_init__(self)
        check_split(vars(self))
        if self.long_text == "windows" and self.packing == "on":
            raise InputError(
                "Windows of long texts have rows of their own: {long_text} cannot be combined "
                "with {packing}.",
                long_text=Option("long_text", "windows"),
                packing=Option("packing", "on"),
            )

    def findings(self, plan: "TrainingPlan") -> list[Finding]:
        """Return what is wrong with a plan made from these settings, with cures as settings."""
        found = of_few_rows(super().findings(plan), self, plan.examples)
        if not self.lora_rank:
            return found
        from kbert.plans.rate_findings import lora_rate_finding

        if any(one.code == "unusual-rate" and one.severity == "error" for one in found):
            return found  # a rate that trains nothing at all
        of_lora = lora_rate_finding(plan)
        others = [finding for finding in found if finding.code != "unusual-rate"]
        return others if of_lora is None else [*others, of_lora]

    def of_recipe(self) -> dict[str, Any]:
        return {n: one for n, one in of_recipe(self.recipe).items() if getattr(self, n) == one}

    def _check_task(self) -> None:
        """Raise InputError if a setting is given that the task already determines."""
        given = [name for name in TASK_DECIDES if getattr(self, name) != _DEFAULTS[name]]
        if self.task is not None and given:
            raise InputError(
                "{task} already determines the files and how they are read. Leave out {option}, "
                "or the task.",
                task=Option("task", self.task),
                option=Option(given[0]),
            )

    @property
    def sets_rows_aside(self) -> bool:
        """Whether the rows to evaluate on are taken from the data."""
        return self.task is None and self.dev is None and self.dev_proportion > 0

    @property
    def is_cross_validation(self) -> bool:
        """Whether all folds are trained, each in a run directory of its own."""
        return self.folds is not None and self.fold is None

    @property
    def seed_of_split(self) -> int:
        """The seed that decides which rows are set aside."""
        return self.seed if self.split_seed is None else self.split_seed

    @classmethod
    def hints(cls) -> dict[str, Any]:
        """Return the type of each setting, `data` first."""
        hints = get_type_hints(cls)
        return {"data": hints.pop("data"), **hints}

    @classmethod
    def from_toml(cls, path: str | Path) -> "TrainConfig":
        """Return the settings of a TOML file; those that it leaves out have their defaults."""
        return cls(**read_settings(path))

    def to_toml(self) -> str:
        """Return the settings as TOML, without those that are None."""
        import tomli_w

        values = {name: getattr(self, name) for name in self.hints()}
        return tomli_w.dumps({k: v for k, v in values.items() if v not in (None, ())})


# Settings that have no effect if there is a file to evaluate on.
OF_OWN_DEV = (
    *("dev_proportion", "split_by_time"),
    *(f.name for f in dataclasses.fields(SplitOptions)),
)
# Settings that a task determines by itself.
TASK_DECIDES = (
    *(f.name for f in dataclasses.fields(ReadingOptions)),
    *("dev", "test", *OF_OWN_DEV),
)
_DEFAULTS = {f.name: f.default for f in dataclasses.fields(TrainConfig)}


def read_settings(path: str | Path) -> dict[str, Any]:
    """Return the settings in a TOML file by name, including `data`."""
    values = read_toml(path, TrainConfig.hints())
    if "data" not in values:
        raise InputError(
            '{path} names no data. Add the labelled file: data = "FILE.csv"', path=path
        )
    return values
