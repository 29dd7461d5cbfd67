"""What happens to flags between the parser and the verb."""

import itertools
import re
from collections.abc import Sequence
from typing import Any, get_args

from cyclopts import App, ArgumentCollection
from cyclopts.config import Dict

from kbert.cli.no_such_option import no_such_option
from kbert.config import TrainConfig, read_toml
from kbert.config.recipes import of_recipe
from kbert.data.reading.file_kinds import no_standard_input
from kbert.errors import InputError
from kbert.findings import Option, worded

# A batch has two spellings: a flag for either overrides both in a file.
_OTHER_SPELLING = {
    "--batch-size": "batch_size_per_device",
    "--batch-size-per-device": "batch_size",
}


def read_settings_file(app: App, verb: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Add the settings of the TOML file that --config names; flags override them."""
    for argument in arguments:
        if argument.name == "--config" and argument.tokens:
            path = argument.tokens[-1].value
            values: dict[str, Any] = read_toml(path, TrainConfig.hints())
            values = {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
            typed = {a.name for a in arguments if a.tokens}
            for flag, name in _OTHER_SPELLING.items():
                if flag in typed:
                    values.pop(name, None)
            Dict(values, use_commands_as_keys=False, source=path)(app, verb, arguments)


def read_recipe(app: App, verb: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Add the settings of the named recipe, except those that are given.

    `continue` and `sweep` know which flags are given, and apply the recipe later.
    """
    if verb[:1] not in (("train",), ("plan",), ("lr-find",)):
        return
    for argument in arguments:
        if argument.name == "--recipe" and argument.tokens:
            names = {a.name.removeprefix("--").replace("-", "_"): bool(a.tokens) for a in arguments}
            given = [name for name, is_given in names.items() if is_given]
            values = of_recipe(argument.tokens[-1].value, beside=given)
            values = {name: value for name, value in values.items() if name in names}
            Dict(values, use_commands_as_keys=False, source="recipe")(app, verb, arguments)


def check_no_standard_input(arguments: Sequence[str]) -> None:
    """Refuse `-` as a file, which the parser would take for a flag; only `predict` reads it."""
    if arguments[:1] == ["predict"]:
        return
    for before, argument in itertools.pairwise(arguments):
        if argument == "-" and not before.startswith("--"):  # else it may be the value of a flag
            raise no_standard_input()


def check_mistyped_flags(app: App, verb: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Refuse a mistyped flag that the parser takes for the data, since the data may be "-"."""
    for argument in arguments:
        if argument.field_info.is_positional and argument.parameter.allow_leading_hyphen:
            for token in argument.tokens:
                if token.keyword is None and token.value.startswith("-") and token.value != "-":
                    raise no_such_option(token.value, verb[0], arguments)


def check_whole_numbers(app: App, verb: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Refuse a fraction where an integer is expected: the parser would round it."""
    for argument in arguments:
        kinds = get_args(argument.hint) or (argument.hint,)
        if int not in kinds:
            continue
        words = [word for kind in kinds for word in get_args(kind)]  # of a Literal
        for token in argument.tokens:
            is_word = token.value in words or not token.value
            if not is_word and not re.fullmatch(r"[+-]?\d+", token.value):
                raise InputError(
                    "{option} must be {expected}. Received: {value!r}",
                    option=Option(argument.name.removeprefix("--")),
                    expected=worded(" or ").join([worded("a whole number"), *words]),
                    value=token.value,
                )
