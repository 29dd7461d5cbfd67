"""The settings of a training run: declared here once, for TOML, Python and the command line."""

import dataclasses
import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from cyclopts import Parameter

from kbert.choices import (
    Backend,
    Monitor,
    Precision,
    Task,
    Weights,
)
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError, KbertError, check_codes
from kbert.plans.plan_options import PlanOptions
from kbert.utils.untrusted import check_regular


@dataclass(frozen=True)
class _Data:
    """The one setting without a name before it, which the command line wants to come first."""

    data: Annotated[str, Parameter(alias="--data-dir")]
    """The labelled file: CSV, TSV, JSON Lines or Parquet; of a --task its folder."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig(PlanOptions, ReadingOptions, _Data):
    """Everything that decides a training run.

    The docstring of each field is the help of its flag. `from_toml` and `to_toml` are inverse to
    each other.

    Raises:
        KbertError: a value out of range, or two that contradict each other.

    Example:

    ```python
    config = TrainConfig(data="reviews.csv", epochs=4)
    assert config.batch_size == 32
    ```
    """

    task: Task | None = None
    """A data set of GLUE's or XNLI's layout: its splits are read as run_classifier.py does."""
    dev: str | None = None
    """A file to evaluate on after each epoch; without it, a share of the data is set aside."""
    test: str | None = None
    """One more file to evaluate on after each epoch; it never decides which epoch is the best."""
    output: str | None = None
    """The run directory, which must not exist yet; without it, the next free runs/NAME-N."""

    dev_proportion: float = 0.1
    """The share of the data set aside for evaluation, when there is no dev file; 0 for none."""

    preset: str = "minilm"
    """The weights to start from: minilm, a folder, or a keras-hub preset."""
    parent: str | None = None
    """A run whose model to start from, in place of a preset; `kbert continue` sets it."""
    weights: Weights = "pretrained"
    """Whether to start from the preset's weights, or from random ones of its size."""
    max_length: int = 128
    """The most tokens of a text, or of a pair; longer ones are cut."""
    dropout: float = 0.1
    """Dropout before the classification head."""

    monitor: Monitor = "accuracy"
    """The score on the dev set that makes an epoch the best."""
    patience: int | None = None
    """Stop after so many epochs without a better one."""

    allow: tuple[str, ...] = ()
    """Codes of findings that are not to stop the run, such as too-few-updates."""
    checkpoint_steps: int | None = None
    """Leave a checkpoint after so many batches, beside that of every epoch."""
    checkpoint_minutes: float | None = 10.0
    """Leave a checkpoint after so many minutes, beside that of every epoch."""
    keep_checkpoints: int = 2
    """How many checkpoints to keep, beside the best one."""

    seed: int = 0
    """Decides the split, the order of the data, the new head and dropout."""
    precision: Precision = "float32"
    """What the model computes in; the weights stay float32."""
    deterministic: bool = False
    """Whether GPUs too may take only kernels whose results repeat to the bit, which are slower."""
    backend: Backend | None = None
    """What Keras runs on; without it KERAS_BACKEND, keras.json, or the first installed."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for field in dataclasses.fields(self):
            _check_type(field.name, getattr(self, field.name), hints[field.name])
        check_codes(self.allow)
        if self.task is not None:
            given = [n for n in FILE_OPTIONS if getattr(self, n) != _DEFAULTS[n]]
            if given:
                flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
                raise InputError(
                    "--task {task} says how its files are read and which they are. Leave out "
                    "{flags}, or --task.",
                    task=self.task,
                    flags=flags,
                )
        for name in ("epochs", "batch_size", "gradient_accumulation_steps"):
            if getattr(self, name) < 1:
                flag = name.replace("_", "-")
                raise InputError(
                    "--{flag} must be 1 or more. Received: {getattr}",
                    flag=flag,
                    getattr=getattr(self, name),
                )
        if not 0 <= self.dev_proportion < 1:
            raise InputError(
                "--dev-proportion must be from 0 to below 1. Received: {dev_proportion}",
                dev_proportion=self.dev_proportion,
            )
        if self.dev is None and self.dev_proportion == 0 and self.patience is not None:
            raise InputError("--patience needs a dev set: pass --dev FILE or --dev-proportion 0.1")
        if not 0 <= self.dropout < 1:
            raise InputError(
                "--dropout must be from 0 to below 1. Received: {dropout}", dropout=self.dropout
            )
        if not 0 <= self.seed < 2**32:
            raise InputError(
                "--seed must be from 0 to 4294967295. Received: {seed}", seed=self.seed
            )
        for name in ("patience", "checkpoint_steps", "keep_checkpoints"):
            value = getattr(self, name)
            if value is not None and value < 1:
                flag = name.replace("_", "-")
                raise InputError(
                    "--{flag} must be 1 or more. Received: {value}", flag=flag, value=value
                )
        if self.checkpoint_minutes is not None and not self.checkpoint_minutes > 0:
            raise InputError(
                "--checkpoint-minutes must be above 0. Received: {checkpoint_minutes}",
                checkpoint_minutes=self.checkpoint_minutes,
            )

    @classmethod
    def from_toml(cls, path: str | Path) -> "TrainConfig":
        """Return the settings of a TOML file; what it leaves out has its default."""
        values = read_toml(path)
        if "data" not in values:
            raise InputError(
                '{path} names no data. Add the labelled file: data = "FILE.csv"', path=path
            )
        allow = values.get("allow", [])
        values["allow"] = tuple(allow) if isinstance(allow, list) else allow
        return cls(**values)

    def to_toml(self) -> str:
        """Return the settings as TOML; what is None is left out."""
        import tomli_w

        values = dataclasses.asdict(self)
        return tomli_w.dumps({k: v for k, v in values.items() if v not in (None, ())})


# What a --task decides by itself.
FILE_OPTIONS = (*(field.name for field in dataclasses.fields(ReadingOptions)), "dev", "test")
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(TrainConfig)}

# In bytes. tomllib takes memory by the square of the parts of a dotted key, which is one line.
_MAX_TOML = 2**16
_MAX_LINE = 2**12


def read_toml(path: str | Path) -> dict[str, Any]:
    """Return the settings in a TOML file by name, or raise KbertError for an unknown name."""
    try:
        check_regular(Path(path))
        with open(path, "rb") as file:
            text = file.read(_MAX_TOML + 1)
        if len(text) > _MAX_TOML or max(map(len, text.split(b"\n"))) > _MAX_LINE:
            raise InputError(
                "{path} is not TOML of settings: at most {_max_toml:,} bytes in lines of at "
                "most {_max_line:,} were expected.",
                path=path,
                _max_toml=_MAX_TOML,
                _max_line=_MAX_LINE,
            )
        values = tomllib.loads(text.decode("utf-8"))
    except FileNotFoundError:
        raise InputError(
            "There is no file {path}. Check the path after --config.", path=path
        ) from None
    except KbertError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError("{path} is not TOML: {error}", path=path, error=error) from None
    except OSError as error:
        raise InputError(
            "{path} cannot be read: {strerror}.", path=path, strerror=error.strerror
        ) from None
    known = [field.name for field in dataclasses.fields(TrainConfig)]
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(known)}."
            raise InputError(
                "{path}: there is no setting {name!r:.80}.{meant}",
                path=path,
                name=name,
                meant=meant,
            )
    return values


def _check_type(name: str, value: Any, hint: Any) -> None:
    """Raise KbertError when a value, as it can come from TOML, is of another type."""
    if get_origin(hint) is tuple:
        if not isinstance(value, tuple) or not all(isinstance(part, str) for part in value):
            raise InputError(
                "The setting {name!r} must be a list of texts. Received: {value!r}",
                name=name,
                value=value,
            )
        return
    allowed = get_args(hint) or (hint,)
    options: list[Any] = []
    for part in allowed:
        options += get_args(part) or [part]
    for option in options:
        if isinstance(option, type):
            fits = isinstance(value, option) and not (option is int and isinstance(value, bool))
            if fits or (option is float and type(value) is int):
                return
        elif value == option:
            return
    shown = ", ".join(
        "nothing" if o is type(None) else getattr(o, "__name__", repr(o)) for o in options
    )
    raise InputError(
        "The setting {name!r} must be one of: {shown}. Received: {value!r}",
        name=name,
        shown=shown,
        value=value,
    )
