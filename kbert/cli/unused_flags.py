"""Flags that a verb has, but would not use beside others: they are refused, never ignored."""

from dataclasses import dataclass, fields
from pathlib import Path

from cyclopts import App, ArgumentCollection

from kbert.config import TechniqueOptions
from kbert.config.shard_options import OF_SHARDS
from kbert.config.train_config import OF_OWN_DEV, TASK_DECIDES
from kbert.data.reading.file_suffixes import format_of_suffix
from kbert.data.reading.reading_options import ReadingOptions
from kbert.data.shards.location import is_store
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.plans.plan_options import PlanOptions

_READING = tuple(field.name for field in fields(ReadingOptions))
_PLAN = tuple(field.name for field in fields(PlanOptions))
# Settings of a model that reads texts.
_READ = ("preset", "max_length", "long_text", "cut_pair", "stride", "max_windows", "pool")
_MODEL = ("preset", "weights", "pooling", "head")
_TECHNIQUES = tuple(field.name for field in fields(TechniqueOptions))
_FILE = ("dev", *OF_OWN_DEV, "seed")  # how a file is divided


@dataclass(frozen=True)
class Rule:
    """Flags that are used only with another one, or only without it.

    Args:
        flags: tuple of str. The flags, by the names of their arguments.
        other: str. What they are used with, or without.
        needed: bool. Whether they are used only with `other`; else only without it. Defaults to
            False.
    """

    flags: tuple[str, ...]
    other: str
    needed: bool = False


_OWN_DEV = Rule(OF_OWN_DEV, "dev")
_BY_TIME = Rule(("split_seed",), "split_by_time")
_FOLDS = (
    Rule(("dev_proportion", "split_by_time"), "folds"),
    Rule(("fold",), "folds", needed=True),
)
_BATCH = Rule(("batch_size",), "batch_size_per_device")
_TRAINING = (Rule(TASK_DECIDES, "task"), _OWN_DEV, _BY_TIME, *_FOLDS, _BATCH)
RULES: dict[str, tuple[Rule, ...]] = {
    "train": (Rule(_MODEL, "parent"), *_TRAINING),
    "lr-find": (Rule(_MODEL, "parent"), Rule(TASK_DECIDES, "task"), _OWN_DEV, _BY_TIME),
    "continue": _TRAINING,
    "sweep": (Rule(_MODEL, "parent"), *_TRAINING),
    "pretrain": (Rule(("dev_proportion",), "dev"), _BATCH),
    "resume": (_BATCH,),
    "demo": _TRAINING,
    "inspect": (Rule((*_READING, "dev"), "task"),),
    "evaluate": (Rule(_READING, "data", needed=True),),
    "compare": (Rule((*_READING, "batch_size", "backend"), "on", needed=True),),
    "errors": (
        Rule((*_READING, "batch_size"), "data", needed=True),
        Rule(("to",), "output", needed=True),
    ),
    "plan": (
        Rule(TASK_DECIDES, "task"),
        Rule(("task",), "google_flags"),
        Rule(("task",), "data", needed=True),
        Rule(("global_step",), "google_flags", needed=True),
        Rule(
            (
                *(*_PLAN, *_READ, *_FILE, *OF_SHARDS, *_TECHNIQUES),
                *("pooling", "allow", "backend", "time", "plot"),
            ),
            "google_flags",
        ),
        _OWN_DEV,
        _BY_TIME,
        *_FOLDS,
        _BATCH,
        Rule((*_READING, *_FILE, *_READ, *OF_SHARDS), "data", needed=True),
        Rule(("examples",), "data"),
        Rule(("examples",), "time"),
    ),
}


def check_unused_flags(app: App, verb: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Raise InputError for a flag on the command line that the verb would not use.

    The settings in a file are not checked here: the file of a run has every setting.
    """
    typed, given = set(), {}
    for argument in arguments:
        name = argument.name.removeprefix("--").lower().replace("-", "_")
        if argument.tokens:
            given[name] = argument.tokens[-1].value
        if any(token.source == "cli" for token in argument.tokens):
            typed.add(name)
    for rule in RULES.get(verb[0] if verb else "", ()):
        for flag in rule.flags:
            if flag in typed and (rule.other in given) != rule.needed:
                raise _unused(flag, rule)
    if verb[:1] == ("predict",):
        given.setdefault("data", "-")
    _check_shards(typed, given)
    _check_file_options(typed, given)


def _unused(flag: str, rule: Rule) -> InputError:
    option, other = Option(flag), Option(rule.other)
    if rule.needed and rule.other == "data":
        return InputError("{option} says how a file is used: name the file.", option=option)
    if rule.needed:
        return InputError("{option} is used only with {other}.", option=option, other=other)
    if rule.other == "data":
        return InputError("Name the labelled file or {option}, not both.", option=option)
    if flag == "examples":
        return InputError(
            "{time} needs the labelled file in place of {option}.", time=other, option=option
        )
    if rule.other == "google_flags" and flag in (*_PLAN, "max_length"):
        return InputError(
            "{flags} has settings of its own: leave out {option} and write it there, as in "
            "--train_batch_size=64.",
            flags=other,
            option=option,
        )
    return InputError(
        "{option} has no effect beside {other}: leave it out.", option=option, other=other
    )


def _check_shards(typed: set[str], given: dict[str, str]) -> None:
    """Raise InputError for flags of token stores if the data are a file."""
    data = given.get("data")
    for name in OF_SHARDS:
        if name in typed and data is not None and not is_store(data):
            raise InputError(
                "{option} is for token stores, but {data} is not one.",
                option=Option(name),
                data=data,
                cure=Cure(note="leave it out: kbert shuffles all rows of a file"),
            )


def _format(file: str) -> str | None:
    return "lines" if file == "-" else format_of_suffix(Path(file))


def _check_file_options(typed: set[str], given: dict[str, str]) -> None:
    """Raise InputError for flags of delimited files if no such file is named."""
    files = [given[name] for name in ("data", "dev", "test", "on") if name in given]
    formats = {given.get("format") or _format(file) for file in files}
    if "sheet" in typed and files and not formats & {"xlsx", None}:
        raise _of_other_files("sheet", files[0], formats)
    if not files or formats & {"csv", "tsv", None}:
        return
    unused = {
        **dict.fromkeys(("delimiter", "quoting"), True),
        "header": "xlsx" not in formats,
        "encoding": formats <= {"parquet", "arrow", "xlsx"},
    }
    for name, is_unused in unused.items():
        if is_unused and (name in typed or f"no_{name}" in typed):
            raise _of_other_files(name, files[0], formats)


def _of_other_files(name: str, file: str, formats: set[str | None]) -> InputError:
    return InputError(
        "{option} does not apply to {file}, which is read as {format}.",
        option=Option(name),
        file=file,
        format=next(iter(formats)),
        cure=Cure({"format": "csv"}) if "lines" in formats and name != "sheet" else None,
    )
