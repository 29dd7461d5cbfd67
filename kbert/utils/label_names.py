"""Checks of the names of classes, from a caller or from a model's file."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kbert.errors import InputError
from kbert.utils.cell_values import OtherValue, describe, to_label

HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which no encoding can store."""


def label_names(names: Any, where: object) -> tuple[str, ...]:
    """Return the names of classes; numbers become the names that they have as labels in a data set.

    Args:
        names: iterable of str, int, float or bool.
        where: where they come from, for messages.

    Raises:
        InputError: something else was given, or one of them is not a name.

    Example:

    ```python
    assert label_names([0, 1.0, "x"], "labels") == ("0", "1", "x")
    ```
    """
    unordered = isinstance(names, (Mapping, set, frozenset))
    if unordered or isinstance(names, (str, bytes)) or not hasattr(names, "__iter__"):
        found = describe(names)
        raise InputError(
            "{where} must be a list of names. Received: {shown}", where=where, shown=found.shown
        )
    return check_label_names([_name(name, where) for name in names], where)


def check_label_names(names: Iterable[str], where: object) -> tuple[str, ...]:
    """Return the names, or raise InputError where one occurs twice or cannot be stored."""
    names = tuple(names)
    for name in names:
        if not name.isascii() and HALF_CHARACTER.search(name):
            raise InputError(
                "{where}: the label {name!r} contains half a character, which no file can store.",
                where=where,
                name=name[:80],
            )
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise InputError(
            "{where}: at least two different names were expected, but {name!r} occurs twice.",
            where=where,
            name=twice[:80],
        )
    return names


def _name(name: Any, where: object) -> str:
    found = to_label(name)
    if isinstance(found, str):
        return found
    told = describe(name) if found is None else found
    assert isinstance(told, OtherValue)
    raise InputError(
        "{where} must be a list of names. Received among them: {shown}",
        where=where,
        shown=told.shown,
    )
