"""What a user can type, and how each surface writes it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from kbert.choices import Severity


@dataclass(frozen=True)
class Option:
    """A setting that a message names: `batch_size` in Python, --batch-size on the command line.

    Args:
        name: str. The name of the argument in Python.
        value: what to set it to, for messages that say so: `delimiter=";"` in Python,
            --delimiter ';' on the command line. Defaults to None: the name alone.
        of: str. The call in Python that takes it, with {} in its place, for messages that are far
            from that call: "kbert.PlanGuard(plan, {})". Defaults to "": it is the call that failed.
    """

    name: str
    value: Any = None
    of: str = ""

    def __str__(self) -> str:
        if self.value is None:
            return words().option(self.name)
        setting = words().settings({self.name: self.value})
        return words().in_call(self.of, setting) if self.of else setting


@dataclass(frozen=True, init=False)
class Call:
    """A function of kbert as a user types it: `kbert resume runs/a`, `kbert.resume("runs/a")`.

    Args:
        verb: str. The verb of the command line, such as "resume".
        *arguments: the arguments without a name.
        **settings: the arguments with a name.
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


class Words(Protocol):
    """How a surface writes what its user can type."""

    def option(self, name: str) -> str:
        """Return the name of a setting."""

    def settings(self, settings: Mapping[str, Any]) -> str:
        """Return settings with their values."""

    def call(self, call: Call) -> str:
        """Return a call of one of kbert's functions."""

    def in_call(self, call: str, setting: str) -> str:
        """Return a setting with the call in Python that takes it, where the surface has calls."""
        return setting

    def severity(self, severity: Severity) -> str:
        """Return the name of a severity, as it is shown in front of a finding."""

    def text(self, template: str) -> str:
        """Return a template in the language of the surface."""
        return template

    def number(self, one: str, many: str, number: int) -> str:
        """Return the template that goes with a number, in the language of the surface."""
        return one if number == 1 else many

    def in_english(self) -> "Words":
        """Return these words in English, for what programs read."""
        return self


class PythonWords(Words):
    """Writes arguments and calls as in a Python program or notebook."""

    def option(self, name: str) -> str:
        return f"`{_ARGUMENTS.get(name, name)}`"

    def settings(self, settings: Mapping[str, Any]) -> str:
        return ", ".join(
            f"{_ARGUMENTS.get(name, name)}={_literal(value)}" for name, value in settings.items()
        )

    def call(self, call: Call) -> str:
        arguments = [_literal(argument) for argument in call.arguments]
        inside = ", ".join([*arguments, *([self.settings(call.settings)] if call.settings else [])])
        return _FUNCTIONS.get(call.verb, f"kbert.{call.verb}({{}})").format(inside)

    def in_call(self, call: str, setting: str) -> str:
        return call.format(setting)

    def severity(self, severity: Severity) -> str:
        return severity.upper()


_ARGUMENTS = {"to": "format"}  # the flag is --to: --format is the format of what is read
# How a verb is called in Python if it is not a function of the same name.
_FUNCTIONS = {
    "train": "kbert.train(kbert.TrainConfig({}))",
    "continue": "kbert.continue_training({})",
    "import": "kbert.import_model({})",
    "inspect": "kbert.inspect_examples(kbert.read_examples({}))",
}


def _literal(value: Any) -> str:
    """Return a value as Python source, strings in double quotes and paths as strings."""
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(_literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if value is None or isinstance(value, (int, float)):
        return repr(value)
    text = repr(str(value))
    return text if '"' in text else f'"{text[1:-1]}"'


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


def in_english() -> AbstractContextManager[None]:
    """Let messages inside the block be English, for files and JSON, which programs read."""
    return speaking(words().in_english())
