"""The language of the command line: that of --lang, or else of the locale."""

import gettext
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from kbert.choices import Language

_CATALOGUES = Path(__file__).parents[1] / "locale"


def catalogue(arguments: Sequence[str]) -> gettext.NullTranslations:
    """Return the catalogue of the language that a command line asks for; English has none.

    --lang is read before the command line is parsed, since help and parser errors are in that
    language too. Without it the locale decides, which gettext takes from LANGUAGE, LC_ALL,
    LC_MESSAGES and LANG. JSON is read by programs, and stays English.

    Args:
        arguments: sequence of str. The command line.
    """
    if "--json" in arguments:
        return gettext.NullTranslations()
    asked = _asked(arguments)
    languages = [asked] if asked is not None and asked in get_args(Language) else None
    return gettext.translation("kbert", _CATALOGUES, languages, fallback=True)


def verb_first(arguments: Sequence[str]) -> list[str]:
    """Return a command line with a leading --lang moved to the end, where the parser takes it."""
    first = arguments[0] if arguments else ""
    length = 2 if first == "--lang" else int(first.startswith("--lang="))
    rest = arguments[length:]
    return [*rest, *arguments[:length]] if rest else [*arguments]


def _asked(arguments: Sequence[str]) -> str | None:
    """Return the value of the last --lang, if there is one."""
    found = None
    for place, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        if flag == "--lang":
            found = value if equals else next(iter(arguments[place + 1 :]), None)
    return found
