"""What to type when an argument is missing: what was typed, completed with what it lacks."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, get_args, get_origin

from cyclopts import Argument, ArgumentCollection

from kbert.findings import Cure
from kbert.utils.command_name import command_name
from kbert.utils.publish import is_free
from kbert.utils.shell_words import shell_word

_FOLDERS = {"export": "exports", "import": "models", "tokens": "tokens"}


def completed(
    verb: str, missing: Argument, arguments: ArgumentCollection, tokens: Sequence[str]
) -> Cure:
    """Return the command line with everything that it needs.

    Args:
        verb: str.
        missing: Argument. The first that is missing; required ones after it may be missing too.
        arguments: ArgumentCollection, of the verb.
        tokens: sequence of str. The command line as it was typed, without the program.
    """
    required = [argument for argument in arguments if argument.required]
    names = [argument.name for argument in required]
    after = required[names.index(missing.name) :] if missing.name in names else [missing]
    typed = list(tokens[1:])
    lacking = [each for each in after if not _is_named(each, typed)]
    words = [verb, *map(shell_word, typed), *(_usage(each, verb, typed) for each in lacking)]
    return Cure(
        note="{program} {words}", values={"program": command_name(), "words": " ".join(words)}
    )


def name_of(argument: Argument) -> str:
    """Return the name of an argument, such as DATA or --output."""
    return _upper(argument) if argument.field_info.is_positional else argument.name


def _upper(argument: Argument) -> str:
    return argument.name.lstrip("-").upper()


def _is_named(argument: Argument, typed: Iterable[str]) -> bool:
    return any(word.partition("=")[0] in argument.names for word in typed)


def _usage(argument: Argument, verb: str, typed: Sequence[str]) -> str:
    name = name_of(argument)
    if not name.startswith("-"):
        return name
    if name == "--output":
        return f"{name} {_free_output(verb, typed)}"
    choices = get_args(argument.hint) if get_origin(argument.hint) is Literal else ()
    return f"{name} {choices[0] if choices else _upper(argument)}"


def _free_output(verb: str, typed: Sequence[str]) -> str:
    """Return a path where nothing exists yet, named after the model."""
    from kbert.exports.formats.registry import FORMATS

    model = typed[0] if typed and not typed[0].startswith("-") else None
    folder = _FOLDERS.get(verb)
    if model is None or folder is None or not Path(model).name:
        return "OUTPUT"
    asked = next((word for word in reversed(typed) if word.rpartition("=")[2] in FORMATS), "")
    form = asked.rpartition("=")[2]
    suffix = FORMATS[form].suffix if form else ""
    stem = "-".join([Path(model).stem, *([form] if form and not suffix else [])])
    endings = itertools.chain([""], (f"-{number}" for number in itertools.count(1)))
    paths = (Path(folder) / f"{stem}{ending}{suffix}" for ending in endings)
    return shell_word(next(path for path in paths if is_free(path)))
