"""All settings of a pretraining run."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from kbert.choices import LongText, PlanRecipe
from kbert.config.checkpoint_options import CheckpointOptions
from kbert.config.checks import check_at_least_1, check_share, check_type
from kbert.config.machine_options import MachineOptions
from kbert.config.model_options import ModelOptions
from kbert.config.read_toml import read_toml
from kbert.config.tracker_options import TrackerOptions
from kbert.data.reading.reading_options import OF_SPLIT, ReadingOptions
from kbert.errors import InputError, check_codes
from kbert.findings import Option
from kbert.plans.plan_options import PlanOptions
from kbert.tokenizer.windows import Windows

_OF_LABELS = ("label", "target", "label_separator", "weight", *OF_SPLIT, "dropout", "pooling")
_OF_POOLING = ("max_windows", "pool")
UNUSED = (*_OF_LABELS, *_OF_POOLING)
"""Settings of its parts that texts without labels do not use."""
_ALL = 10**6  # windows: no text has more


@dataclass(frozen=True, kw_only=True)
class PretrainConfig(
    MachineOptions,
    TrackerOptions,
    CheckpointOptions,
    ModelOptions,
    PlanOptions,
    ReadingOptions,
):
    """All settings of a pretraining run: masked language modelling on unlabelled texts.

    `from_toml` and `to_toml` are inverses of each other.

    Raises:
        InputError: a value out of range, or a setting that texts without labels do not use.

    Example:

    ```python
    config = PretrainConfig(data="texts.txt", preset="minilm", epochs=1)
    assert config.dev_proportion == 0.05
    ```
    """

    data: str = field(kw_only=False)
    """File of texts (one per line; CSV, TSV, JSON, Parquet, Arrow, XLSX), several: 'data/*.csv'."""
    output: str | None = None
    """Run directory, which must not exist yet; by default the next free NAME-N."""
    dev: str | None = None
    """File of texts to evaluate on after each epoch; without it, a share is set aside."""
    dev_proportion: float = 0.05
    """Share of the texts set aside for evaluation when there is no dev file; 0 for none."""
    recipe: PlanRecipe = "recommended"
    """AdamW and a continuous schedule, or the exact arithmetic of Google's scripts."""
    long_text: LongText = "windows"
    """What is kept of a longer text: all of it, in windows that are rows of their own; its head,
    its tail, or a quarter head and three quarters tail."""
    stride: int | None = 0
    """Tokens that two windows of a text share."""
    patience: int | None = None
    """Stop after this many evaluations without improvement."""
    evaluate_every: int | None = None
    """Also evaluate after every N batches."""
    report: bool = True
    """When training ends, write report.html."""
    allow: tuple[str, ...] = ()
    """Codes of findings that must not stop the run, such as too-few-updates."""

    def __post_init__(self) -> None:
        for name, hint in self.hints().items():
            check_type(name, getattr(self, name), hint)
        for name in ("output", "preset", "dev"):
            if getattr(self, name) == "":
                raise InputError("{option} must not be empty.", option=Option(name))
        check_codes(self.allow)
        check_share("dev_proportion", self.dev_proportion)
        check_at_least_1("patience", self.patience)
        check_at_least_1("evaluate_every", self.evaluate_every)
        parts = (PlanOptions, ModelOptions, CheckpointOptions, TrackerOptions, MachineOptions)
        for options in parts:
            options.__post_init__(self)
        for name in UNUSED:
            if getattr(self, name) != _DEFAULTS[name]:
                raise InputError(
                    "{option} is for labelled texts: pretraining does not use it. Leave it out."
                    if name in _OF_LABELS
                    else "{option} does not apply: in pretraining each window of a text is a row "
                    "of its own, however many there are. Leave it out.",
                    option=Option(name),
                )
        if not self.has_dev and (self.patience or self.evaluate_every):
            raise InputError(
                "{option} needs texts to evaluate on: {dev} or {proportion}.",
                option=Option("patience" if self.patience else "evaluate_every"),
                dev=Option("dev"),
                proportion=Option("dev_proportion"),
            )

    @property
    def has_dev(self) -> bool:
        """Whether there are texts to evaluate on."""
        return self.dev is not None or self.dev_proportion > 0

    @property
    def windows(self) -> Windows | None:
        """How texts that are too long are divided into rows; None if they are cut."""
        return Windows(self.stride, _ALL) if self.long_text == "windows" else None

    @classmethod
    def hints(cls) -> dict[str, Any]:
        """Return the type of each setting, `data` first."""
        hints = get_type_hints(cls)
        return {"data": hints.pop("data"), **hints}

    @classmethod
    def from_toml(cls, path: str | Path) -> "PretrainConfig":
        """Return the settings of a TOML file; those that it leaves out have their defaults."""
        values = read_toml(path, cls.hints())
        if "data" not in values:
            raise InputError(
                '{path} names no data. Add the file of texts: data = "FILE.txt"', path=path
            )
        return cls(**values)

    def to_toml(self) -> str:
        """Return the settings as TOML, without those that are None or not used."""
        import tomli_w

        values = {n: getattr(self, n) for n in self.hints() if n not in UNUSED}
        return tomli_w.dumps({k: v for k, v in values.items() if v not in (None, ())})


_DEFAULTS = {f.name: f.default for f in fields(PretrainConfig)}
