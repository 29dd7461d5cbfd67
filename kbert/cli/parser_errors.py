"""The parser's errors, each as one sentence in kbert's words."""

import difflib
import os
from collections.abc import Iterable, Sequence
from functools import singledispatch
from pathlib import Path
from typing import Literal, get_args, get_origin

from cyclopts import Argument, ArgumentCollection, CycloptsError
from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from kbert.cli.app import VERBS
from kbert.cli.missing_argument import completed, name_of
from kbert.cli.no_such_option import help_of, no_such_option
from kbert.config.checks import check_type, expected_of
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Option, worded
from kbert.utils.command_name import command_name
from kbert.utils.shell_words import shell_word

_BEFORE_A_VERB = ("--help", "-h", "--version", "--install-completion")


def check_verb(arguments: Sequence[str]) -> None:
    """Raise InputError for a command line that does not begin with a verb, and list all verbs."""
    if arguments and arguments[0] not in (*VERBS, *_BEFORE_A_VERB):
        raise _no_verb(arguments[0])


@singledispatch
def refusal(error: CycloptsError) -> InputError:
    """Return kbert's own error for an error of the parser."""
    reason = " ".join(str(error).split())
    return InputError("{reason}", reason=reason, cure=help_of(_verb(error)))


@refusal.register
def _(error: UnknownCommandError) -> InputError:
    return _no_verb((error.unused_tokens or [""])[0])


@refusal.register
def _(error: UnknownOptionError) -> InputError:
    flag = error.token.keyword or error.token.value
    return no_such_option(flag, _verb(error), error.argument_collection)


@refusal.register
def _(error: MissingArgumentError) -> InputError:
    verb, arguments = _verb(error), _arguments(error)
    argument = error.argument
    assert argument is not None
    if error.keyword is not None:
        return _no_value(error.keyword, argument, error.root_input_tokens or [])
    mistyped = [token for token in error.unused_tokens or () if token.startswith("--")]
    if mistyped:  # it may be the option that is missing
        return no_such_option(mistyped[0], verb, arguments)
    return InputError(
        "{verb} needs {name}, which is not given.",
        verb=verb,
        name=name_of(argument),
        cure=completed(verb, argument, arguments, error.root_input_tokens or []),
    )


@refusal.register
def _(error: CoercionError) -> InputError:
    argument, token = error.argument, error.token
    if argument is not None and token is not None:
        name = (token.keyword or argument.name).lstrip("-")
        try:
            check_type(name, token.value, argument.hint)
        except InputError as found:
            return found
    return refusal.dispatch(CycloptsError)(error)


@refusal.register
def _(error: RepeatArgumentError) -> InputError:
    return InputError(
        "{flag} is given more than once; the last value is {value!r}.",
        flag=error.token.keyword,
        value=error.token.value,
        cure=Cure(note="keep one of them"),
    )


@refusal.register
def _(error: UnusedCliTokensError) -> InputError:
    verb, arguments = _verb(error), _arguments(error)
    extra, tokens = (error.unused_tokens or [""])[0], error.root_input_tokens or []
    if extra.startswith("-"):
        return no_such_option(extra, verb, arguments)
    place = tokens.index(extra) if extra in tokens else 0
    before = _named(tokens[place - 1 : place], arguments)
    if before is not None and bool in _kinds(before.hint):
        return InputError(
            "{flag} takes no value. Received: {value!r}.",
            flag=tokens[place - 1],
            value=extra,
            cure=Cure(
                code=worded(" or ").join(name for name in before.names if name.startswith("--"))
            ),
        )
    list_before = _named(tokens[place - 2 : place - 1], arguments) if place > 1 else None
    if list_before is not None and list_before.token_count()[1]:
        setting = list_before.name.removeprefix("--")
        return InputError(
            "{option} takes one value each time it is given. Received another: {value!r}.",
            option=Option(setting),
            value=extra,
            cure=Cure({setting: (tokens[place - 1], extra)}),
        )
    names = [name_of(each) for each in arguments if each.field_info.is_positional]
    files = [token for token in tokens if os.path.isfile(token)]
    if len(files) > 1 and "DATA" in names:
        return _several_files(verb, names, files)
    return InputError(
        "{verb} takes {names} and no other argument. Also received: {value!r}."
        if names
        else "{verb} takes only options, no arguments. Received: {value!r}.",
        verb=verb,
        names=worded(" and ").join(names),
        value=extra,
        cure=Cure(note="put an option before its value, and quotes around what contains spaces"),
    )


def _several_files(verb: str, names: Sequence[str], files: Sequence[str]) -> InputError:
    """Return the error for a pattern that the shell has expanded into the files that match it."""
    first = Path(files[-1])
    return InputError(
        "{verb} takes {names} and no other argument. Received {files}.",
        verb=verb,
        names=worded(" and ").join(names),
        files=worded(
            "{number} files: {names}",
            number=len(files),
            names=Joined([*files[:3], *(["..."] if len(files) > 3 else [])]),
        ),
        cure=Cure(
            note="to read several files as one set, put the pattern in quotes, so that the shell "
            "does not expand it: {pattern}",
            values={"pattern": shell_word(first.with_name(f"*{first.suffix}"))},
        ),
    )


def _no_verb(word: str) -> InputError:
    known = _BEFORE_A_VERB if word.startswith("-") else VERBS
    near = difflib.get_close_matches(word, known, 1)
    return InputError(
        "There is no command {word!r}. Did you mean {near}? Commands: {verbs}."
        if near
        else "A command was expected before any option. Received: {word!r}. Commands: {verbs}."
        if word.startswith("-")
        else "There is no command {word!r}. Commands: {verbs}.",
        word=word,
        near=near[0] if near else "",
        verbs=Joined(VERBS),
    )


def _no_value(flag: str, argument: Argument, tokens: Sequence[str]) -> InputError:
    """Return the error for an option that is the last word, or is followed by another option."""
    after = tokens[tokens.index(flag) + 1 :][:1] if flag in tokens else []
    return InputError(
        "{flag} needs {expected}. Received: {next}."
        if after
        else "{flag} needs {expected}, and nothing follows it.",
        flag=flag,
        expected=_expected(argument),
        next=shell_word(after[0]) if after else "",
        cure=Cure(
            note="{flag}={next}, if that is the value",
            values={"flag": flag, "next": shell_word(after[0])},
        )
        if after
        else None,
    )


def _expected(argument: Argument) -> str:
    kinds = [kind for kind in _kinds(argument.hint) if kind is not type(None)]
    if all(kind in (int, float) or get_origin(kind) is Literal for kind in kinds):
        return worded(" or ").join(map(expected_of, kinds))
    return worded("a value")


def _kinds(hint: object) -> tuple[object, ...]:
    return (hint,) if get_origin(hint) in (tuple, Literal) else get_args(hint) or (hint,)


def _verb(error: CycloptsError) -> str:
    return " ".join(error.command_chain or [command_name()])


def _arguments(error: CycloptsError) -> ArgumentCollection:
    return error.app.assemble_argument_collection() if error.app else ArgumentCollection()


def _named(words: Iterable[str], arguments: ArgumentCollection) -> Argument | None:
    """Return the argument that the word names, if there is a word and it names one."""
    return next((each for word in words for each in arguments if word in each.names), None)
