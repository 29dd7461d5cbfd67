"""Checks of settings that come from TOML, Python or a command line."""

import difflib
from typing import Any, Literal, get_args, get_origin

from kbert.errors import InputError
from kbert.findings import Joined, Message, Option, worded


def check_type(name: str, value: Any, hint: Any) -> None:
    """Raise InputError when a value is not of the type of its setting.

    Args:
        name: str. The setting's name.
        value: what was given.
        hint: the type: int, float, str, bool, a Literal, a tuple of str, or a union of these
            and None.
    """
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)]
    if get_origin(hint) in (tuple, Literal):
        kinds = [hint]
    elif value is None and len(kinds) < len(get_args(hint)):
        return
    _check_no_nul(name, value)
    if not any(_fits(value, kind) for kind in kinds):
        choices = [kind for kind in kinds if get_origin(kind) is Literal and isinstance(value, str)]
        known = [choice for kind in choices for choice in get_args(kind)]
        near = difflib.get_close_matches(value.lower(), known, 1) if known else []
        raise InputError(
            "{option} must be {expected}. Received: {value!r}. Did you mean {near!r}?"
            if near
            else "{option} must be {expected}. Received: {value!r}",
            option=Option(name),
            expected=worded(" or ").join(map(expected_of, kinds)),
            value=value,
            near=near[0] if near else "",
        )


_SIMPLE = {
    bool: Message("true or false"),
    int: Message("a whole number"),
    float: Message("a number"),
    str: Message("a string"),
}


def expected_of(kind: Any) -> str:
    """Return what a setting of a type takes, in the words of a message."""
    if get_origin(kind) is tuple:
        return worded("a list of strings")
    if get_origin(kind) is Literal:
        choices = Joined(map(str, get_args(kind)))
        return worded("one of {choices}", choices=choices) if len(get_args(kind)) > 1 else choices
    return str(_SIMPLE[kind])


def _check_no_nul(name: str, value: Any) -> None:
    """Raise InputError for a NUL character, which no path, column or encoding name has."""
    for text in value if isinstance(value, (tuple, list)) else (value,):
        if isinstance(text, str) and "\0" in text:
            raise InputError(
                "{option} contains a NUL character. Received: {value!r:.80}",
                option=Option(name),
                value=value,
            )


def check_at_least_1(name: str, value: int | None) -> None:
    """Raise InputError for a number below 1."""
    if value is not None and value < 1:
        raise InputError(
            "{option} must be 1 or more. Received: {value}", option=Option(name), value=value
        )


def check_share(name: str, value: float) -> None:
    """Raise InputError for a share that is not from 0 to below 1."""
    if not 0 <= value < 1:
        raise InputError(
            "{option} must be from 0 to below 1. Received: {value}",
            option=Option(name),
            value=value,
        )


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(isinstance(part, str) for part in value)
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    return isinstance(value, (int, float) if kind is float else kind)
