"""The texts that a caller of `predict` gives, as lists of strings."""

from collections.abc import Mapping
from typing import Any

from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.utils.cell_values import OtherValue, describe, is_blank, to_text


def as_texts(
    texts: Any, pairs: Any = None, *, blank: bool = False
) -> tuple[list[str], list[str] | None]:
    """Return texts, and their second texts if there are any, as lists of strings.

    Args:
        texts: a list, tuple, NumPy array, pandas Series or another iterable of str, or of bytes in
            UTF-8. Numbers and missing values are not texts.
        pairs: the second texts, in the same form, or None.
        blank: bool. Whether a text may be blank. Defaults to False: there is nothing to label in a
            blank text, and `read_examples` refuses it too.

    Raises:
        InputError: something else was given; the message names it and its position.
    """
    firsts = _strings("texts", texts, blank)
    seconds = None if pairs is None else _strings("pairs", pairs, blank)
    if seconds is not None and len(seconds) != len(firsts):
        raise InputError(
            "{texts_option} and {pairs_option} must have the same length. Received: {texts} and "
            "{pairs}",
            texts_option=Option("texts"),
            pairs_option=Option("pairs"),
            texts=len(firsts),
            pairs=len(seconds),
        )
    return firsts, seconds


def _strings(option: str, given: Any, blank: bool) -> list[str]:
    if isinstance(given, (str, bytes)):
        raise InputError(
            "{option} must be a list of strings. For one text: [text]", option=Option(option)
        )
    if hasattr(given, "columns"):
        raise InputError(
            "{option} must be a list of strings. Received: a data frame.",
            option=Option(option),
            cure=Cure(code='frame["text"]', note="with the name of its column"),
        )
    unordered = isinstance(given, (Mapping, set, frozenset))
    if unordered or not hasattr(given, "__iter__") or getattr(given, "shape", None) == ():
        found = describe(given)
        raise InputError(
            "{option} must be a list of strings. Received: {name} ({shown})",
            option=Option(option),
            name=found.name,
            shown=found.shown,
        )
    return [as_text(option, place, value, blank) for place, value in enumerate(given)]


def as_text(option: str, place: int, value: Any, blank: bool = False) -> str:
    """Return a text as a string; see `as_texts`."""
    found = to_text(value)
    if isinstance(found, str):
        if blank or not is_blank(found):
            return found
        raise InputError(
            "Each of {option} must be a text. Received at position {place}: an empty text "
            "({shown!r:.40}).",
            option=Option(option),
            place=place,
            shown=found,
            cure=Cure(note="leave it out, or fill it in"),
        )
    if found is None:
        found = OtherValue("other", "missing", repr(value))
    several = found.kind == "several" and option == "texts"
    raise InputError(
        "Each of {option} must be a string. Received at position {place}: {name} ({shown}).",
        option=Option(option),
        place=place,
        name=found.name,
        shown=found.shown,
        cure=Cure(
            note="give the second texts of pairs as {pairs}", values={"pairs": Option("pairs")}
        )
        if several
        else Cure(note="leave missing texts out, and convert others to strings"),
    )
