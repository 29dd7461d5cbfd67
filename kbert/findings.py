"""What kbert finds, and how each surface words it.

A message is a template and its values. An option, a cure or a call among the values is written by
the surface that shows the message: as flags on the command line, as arguments in Python.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from kbert.choices import Severity

# Every code and the trap behind it, in a few words; docs/findings.md tells the stories.
CODES = {
    # the plan
    "rate-zero": "part of the run has learning rate 0",
    "rate-tiny": "part of the run has a learning rate below 1 % of the peak",
    "plan-ended": "the optimizer has already made the plan's last update",
    "epochs-differ": "fit makes another number of epochs than the plan",
    "steps-differ": "fit makes another number of batches an epoch than the plan",
    "schedule-differs": "the optimizer's learning rates are not the plan's",
    "epochs-skipped": "fit starts later than the optimizer has trained",
    "decay-unfinished": "training ends long before the decay does",
    "warmup-too-long": "warmup takes too much of the run",
    "no-warmup": "a small set is trained without warmup",
    "micro-steps": "the schedule counts batches where the optimizer counts updates",
    "too-few-updates": "hardly anything can be learned",
    "batch-exceeds-data": "one batch holds more than all rows",
    "last-batch-dropped": "rows are left out of every epoch",
    "unusual-rate": "the peak is far from what fine-tunes a BERT",
    "plan-behind": "the changed plan ends before the point that was reached",
    # a resumed run
    "run-differs": "the checkpoint is of another run",
    "labels-differ": "the checkpoint is of a model with other labels",
    "preset-differs": "the checkpoint is of another preset",
    "tokenizer-differs": "the checkpoint is of a model with another tokenizer",
    "data-differs": "the data have changed since the run was started",
    "order-differs": "the data come in another order than before",
    "optimizer-differs": "the checkpoint is of another optimizer",
    # training
    "weights-unchanged": "updates change no weight",
    "update-ratio": "updates are too large or too small for the weights",
    "loss-not-finite": "the loss is NaN or infinite",
    "one-class-predicted": "the model says the same class for everything",
    "single-class-batches": "batches hold a single class",
    # the data
    "bad-rows": "rows that cannot be used",
    "imbalance": "one class holds nearly all rows",
    "rare-class": "a class has too few rows to learn or to measure",
    "texts-cut": "texts are longer than the model reads",
    "unknown-tokens": "the vocabulary does not know the words",
    "wrong-casing": "the vocabulary's casing is not the text's",
    "duplicates": "texts that occur more than once",
    "conflicting-labels": "the same text with different labels",
    "dev-overlap": "rows of the training set that stand in another set too",
    "dev-small": "the development set is too small to measure by",
    "class-sorted": "the rows are sorted by class",
    "class-clustered": "rows of a class stand together",
    "tail-split": "the last rows lack classes",
    "label-variants": "labels that differ only in case or blanks",
    "small-shuffle-buffer": "a shuffle buffer that does not mix the classes",
}

_WIDTH = 100
_ORDER: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True)
class Option:
    """A setting that a message names: `batch_size` in Python, --batch-size on the command line.

    Args:
        name: str. The name of the argument in Python.
        value: what to set it to, for messages that say so: `delimiter=";"` in Python,
            --delimiter ';' on the command line. Defaults to None: the name alone.
    """

    name: str
    value: Any = None

    def __str__(self) -> str:
        if self.value is None:
            return words().option(self.name)
        return words().settings({self.name: self.value})


@dataclass(frozen=True, init=False)
class Call:
    """A function of kbert as a user types it: `kbert resume runs/a`, `kbert.resume("runs/a")`.

    Args:
        verb: str. The verb of the command line, such as "resume".
        *arguments: what comes without a name.
        **settings: what comes with a name.
    """

    verb: str
    arguments: tuple[Any, ...]
    settings: Mapping[str, Any]

    def __init__(self, verb: str, *arguments: Any, **settings: Any) -> None:
        object.__setattr__(self, "verb", verb)
        object.__setattr__(self, "arguments", arguments)
        object.__setattr__(self, "settings", settings)

    def __str__(self) -> str:
        return words().call(self)


@dataclass(frozen=True)
class Cure:
    """What to do about a finding, as settings, so that every surface can say it.

    It reads "SETTINGS, NOTE"; a call or code takes the place of settings where there are none.

    Args:
        settings: dict. The settings to change, by the names of their arguments. Defaults to {}.
        note: str. A template: what there is to say beside them, or a cure without settings.
        call: Call or None. What to run. Defaults to None.
        code: str. Python code, where that alone can cure it, as in `model.fit`. Defaults to "".
        values: dict. The values of `note`. Defaults to {}.
        otherwise: tuple of Cure. Other ways. Defaults to ().

    Example:

    ```python
    cure = Cure({"batch_size": 8, "epochs": 20}, otherwise=(Cure(note="add rows"),))
    assert str(cure) == "batch_size=8, epochs=20, or add rows"
    ```
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    call: Call | None = None
    code: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    otherwise: tuple["Cure", ...] = ()

    def __str__(self) -> str:
        parts = [words().settings(self.settings)] if self.settings else []
        parts += [str(self.call)] if self.call is not None else []
        parts += [self.code] if self.code else []
        parts += [self.note.format(**self.values)] if self.note else []
        return ", or ".join([", ".join(parts), *map(str, self.otherwise)])


@dataclass(frozen=True)
class Finding:
    """Something about a run that its user should know before it is too late.

    Args:
        code: str. One of `kbert.findings.CODES`; docs/findings.md explains each.
        severity: "error" (the run is refused), "warning" or "info".
        template: str. One sentence with the numbers of this case, as names in braces.
        cure: Cure.
        values: dict. The values of `template`. Defaults to {}.

    Example:

    ```python
    finding = Finding(
        "too-few-updates",
        "warning",
        "The run performs {updates} updates.",
        Cure({"epochs": 20}),
        {"updates": 6},
    )
    assert str(finding) == (
        "WARNING too-few-updates: The run performs 6 updates. Cure: epochs=20"
    )
    ```
    """

    code: str
    severity: Severity
    template: str
    cure: Cure
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"`code` must be one of {', '.join(CODES)}. Received: {self.code!r}")

    @property
    def message(self) -> str:
        """The sentence, in the words of the surface."""
        return self.template.format(**self.values)

    def __str__(self) -> str:
        return f"{self.severity.upper()} {self.code}: {self.message} Cure: {self.cure}"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain data, in the words of the surface."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "cure": str(self.cure),
            "settings": dict(self.cure.settings),
        }


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, errors first."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def findings_table(findings: Iterable[Finding], indent: str = "  ") -> str:
    """Return findings for a person: severity and code, below them the sentence and the cure.

    Args:
        findings: iterable of Finding.
        indent: str. Before every line. Defaults to two blanks.
    """
    lines = []
    for finding in findings:
        lines.append(f"{indent}{finding.severity.upper():<8} {finding.code}")
        for text in (finding.message, f"Cure: {finding.cure}"):
            deeper = indent + " " * 9
            lines += textwrap.wrap(
                text,
                _WIDTH,
                initial_indent=deeper,
                subsequent_indent=deeper,
                break_long_words=False,
                break_on_hyphens=False,  # a flag must stay whole
            )
    return "\n".join(lines)


def downgrade(findings: Iterable[Finding], allow: Sequence[str]) -> list[Finding]:
    """Return the findings, errors whose codes are allowed as warnings."""
    return [
        replace(f, severity="warning") if f.code in allow and f.severity == "error" else f
        for f in findings
    ]


class Words(Protocol):
    """How a surface writes what its user can type."""

    def option(self, name: str) -> str:
        """Return the name of a setting."""

    def settings(self, settings: Mapping[str, Any]) -> str:
        """Return settings with their values."""

    def call(self, call: Call) -> str:
        """Return a call of one of kbert's functions."""


class PythonWords:
    """Writes arguments and calls as in a Python program or notebook."""

    def option(self, name: str) -> str:
        return f"`{name}`"

    def settings(self, settings: Mapping[str, Any]) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in settings.items())

    def call(self, call: Call) -> str:
        function = {"continue": "continue_training", "import": "import_model"}.get(call.verb)
        arguments = [*map(repr, map(_plain, call.arguments))]
        settings = {name: _plain(value) for name, value in call.settings.items()}
        inside = ", ".join([*arguments, *([self.settings(settings)] if settings else [])])
        if call.verb == "train":
            return f"kbert.train(kbert.TrainConfig({inside}))"
        return f"kbert.{function or call.verb}({inside})"


def _plain(value: Any) -> Any:
    """Return paths and other objects as strings, as a user would type them."""
    return value if isinstance(value, (int, float, bool, str, tuple, list)) else str(value)


_PYTHON = PythonWords()
_WORDS: ContextVar[Words] = ContextVar("words", default=_PYTHON)


def words() -> Words:
    """Return the words of the surface that shows messages now."""
    return _WORDS.get()


@contextmanager
def speaking(surface: Words) -> Iterator[None]:
    """Let messages that are written inside the block use the words of a surface."""
    token = _WORDS.set(surface)
    try:
        yield
    finally:
        _WORDS.reset(token)
