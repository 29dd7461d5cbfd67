"""Flags from the settings that dataclasses declare, in the groups of --help."""

import ast
import dataclasses
import inspect
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

from cyclopts import Group, Parameter

from kbert.config import (
    CheckpointOptions,
    EvaluationOptions,
    LossOptions,
    MachineOptions,
    ModelOptions,
    ServeOptions,
    ShardOptions,
    SplitOptions,
    SweepOptions,
    TechniqueOptions,
    TrackerOptions,
    TrainConfig,
)
from kbert.data.reading.reading_options import OF_LAYOUT, ReadingOptions
from kbert.plans.plan_options import PlanOptions

T = TypeVar("T")

# A flag without a value, which is off unless it is given.
Switch = Annotated[bool, Parameter(negative="", show_default=False)]

Output = Annotated[Path, Parameter(alias="-o")]

DATA = Group.create_ordered("Data")
SWEEP = Group.create_ordered("Sweep")
PLAN = Group.create_ordered("Plan")
_MODEL = Group.create_ordered("Model")
_LOSS = Group.create_ordered("Loss")
_TECHNIQUES = Group.create_ordered("Techniques")
_EVALUATION = Group.create_ordered("Evaluation")
_CHECKPOINTS = Group.create_ordered("Checkpoints")
TRACKING = Group.create_ordered("Tracking")
MACHINE = Group.create_ordered("Machine")
_SERVER = Group.create_ordered("Server")
_FILES = Group.create_ordered("File format")

_GROUPS = {
    ReadingOptions: _FILES,
    PlanOptions: PLAN,
    ModelOptions: _MODEL,
    LossOptions: _LOSS,
    TechniqueOptions: _TECHNIQUES,
    EvaluationOptions: _EVALUATION,
    SplitOptions: _EVALUATION,
    ShardOptions: MACHINE,
    CheckpointOptions: _CHECKPOINTS,
    TrackerOptions: TRACKING,
    MachineOptions: MACHINE,
    ServeOptions: _SERVER,
    SweepOptions: SWEEP,
}
# What comes first in --help: what most people need.
_FIRST = ("text", "label", "pair", "output", "task")
# Settings whose group is not that of the class that declares them.
_ELSEWHERE = {**dict.fromkeys(_FIRST, DATA), "parent": _MODEL, "allow": PLAN}


def options(
    *sources: type | str,
    optional: bool | Sequence[str] = False,
    without: Sequence[str] = (),
    of: type = TrainConfig,
    as_text: Callable[[str], bool] = lambda name: False,
) -> Callable[[type[T]], type[T]]:
    """Return a decorator that gives a class the settings of other classes, each as a flag.

    Args:
        *sources: dataclasses, or names of single settings of `TrainConfig`.
        optional: bool or sequence of str. Whether a setting that is not given is None instead of
            its default; or the names of the settings for which this holds. Defaults to False.
        without: sequence of str. Names of settings to leave out. Defaults to ().
        of: dataclass that has the settings. Defaults to TrainConfig.
        as_text: function that takes the name of a setting and returns whether its flag takes any
            text, which is parsed later. Defaults to one that returns False.
    """

    def fill(cls: type[T]) -> type[T]:
        every = dict.fromkeys(name for source in sources for name in _names(source))
        names = [name for name in (*_FIRST, *every) if name in every and name not in without]
        absent = names if optional is True else optional or ()
        found = [_field(n, n in absent, of, is_text=as_text(n)) for n in dict.fromkeys(names)]
        made: Any = dataclasses.make_dataclass(cls.__name__, found, frozen=True, kw_only=True)
        made.__doc__, made.__module__ = cls.__doc__, cls.__module__
        return made

    return fill


def given(settings: Any) -> dict[str, Any]:
    """Return the settings that are not None, by name."""
    values = {f.name: getattr(settings, f.name) for f in dataclasses.fields(settings)}
    return {name: value for name, value in values.items() if value is not None}


def reading(settings: Any) -> ReadingOptions:
    """Return those of the settings that determine how a file is read."""
    names = {f.name for f in dataclasses.fields(ReadingOptions)}
    return ReadingOptions(**{n: value for n, value in given(settings).items() if n in names})


def named(settings: Any) -> frozenset[str]:
    """Return the names of the file layout settings that are given."""
    return frozenset(given(settings)).intersection(OF_LAYOUT)


def describe(name: str, of: type = TrainConfig) -> str:
    """Return the help of a setting of `TrainConfig`, or of another dataclass."""
    return _documented(of)[name][1]


def _names(source: type | str) -> list[str]:
    if isinstance(source, str):
        return [source]
    return [f.name for f in dataclasses.fields(source) if f.name != "data"]


def _field(name: str, optional: bool, of: type, *, is_text: bool) -> tuple[str, Any, Any]:
    owner, text = _documented(of)[name]
    hint = str if is_text else _hints(of)[name]
    default = next(f.default for f in dataclasses.fields(of) if f.name == name)
    group = _ELSEWHERE.get(name) or _GROUPS.get(owner, _EVALUATION)
    shown = not optional and default not in (None, ())
    alias = "-o" if name == "output" else None
    flag = Parameter(alias=alias, help=text, group=group, negative_iterable=(), show_default=shown)
    if optional:
        return name, Annotated[hint | None, flag], dataclasses.field(default=None)
    return name, Annotated[hint, flag], dataclasses.field(default=default)


@cache
def _hints(of: type) -> dict[str, Any]:
    return get_type_hints(of)


@cache
def _documented(of: type) -> dict[str, tuple[type, str]]:
    """Return the class that declares each setting, and the docstring below it."""
    found: dict[str, tuple[type, str]] = {}
    for cls in [*(group for group in _GROUPS if issubclass(of, group)), of]:
        # To get the source of a class alone, `inspect` would parse its module too.
        module = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
        tree = next(
            n for n in module.body if isinstance(n, ast.ClassDef) and n.name == cls.__name__
        )
        for line, below in zip(tree.body, tree.body[1:], strict=False):
            if isinstance(line, ast.AnnAssign) and isinstance(below, ast.Expr):
                name = ast.unparse(line.target)
                # A setting that a class declares again has its own help, and stays in its group.
                owner = cls if cls is of and of in _GROUPS else found.get(name, (cls, ""))[0]
                found[name] = (owner, ast.literal_eval(below.value))
    return found
