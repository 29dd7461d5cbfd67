"""Flags of google-research/bert's `run_classifier.py`."""

import difflib
import shlex
from itertools import pairwise
from typing import Any

from kbert.errors import InputError

# The script's flags, by kbert's names of the settings.
GOOGLE_FLAGS = {
    "batch_size": "train_batch_size",
    "epochs": "num_train_epochs",
    "learning_rate": "learning_rate",
    "warmup_proportion": "warmup_proportion",
    "max_length": "max_seq_length",
}
_SETTINGS = {flag: name for name, flag in GOOGLE_FLAGS.items()}
_WHOLE_NUMBERS = ("batch_size", "max_length")


def read_google_flags(flags: str) -> dict[str, Any]:
    """Return the settings in a string of flags by kbert's names; other flags are ignored.

    Args:
        flags: str, as typed: "--train_batch_size=32 --do_train=true ...".

    Raises:
        InputError: a value is not a number, or a flag is mistyped.
    """
    settings: dict[str, Any] = {}
    try:
        typed = shlex.split(flags.replace("\\\n", " "))
    except ValueError as error:
        raise InputError(
            "The flags cannot be read: {error}. Received: {flags}", error=error, flags=flags
        ) from None
    for word, following in pairwise([*typed, ""]):
        flag, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-"):
            continue
        if flag in _SETTINGS:
            name = _SETTINGS[flag]
            settings[name] = _number(name, value if equals else following)
        else:
            _refuse_near_miss(flag)
    return settings


def _number(name: str, text: str) -> float:
    """Return the value of a flag as a number."""
    try:
        return int(text) if name in _WHOLE_NUMBERS else float(text)
    except ValueError:
        if name in _WHOLE_NUMBERS:
            template = "--{flag} must be a whole number. Received: {value!r}"
        else:
            template = "--{flag} must be a number. Received: {value!r}"
        raise InputError(template, flag=GOOGLE_FLAGS[name], value=text) from None


def _refuse_near_miss(flag: str) -> None:
    """Raise InputError for a mistyped flag; the many others of the script are ignored."""
    near = difflib.get_close_matches(flag, _SETTINGS, 1, cutoff=0.85)
    if near:
        raise InputError(
            "There is no flag --{flag}. Did you mean --{near}?", flag=flag, near=near[0]
        )
