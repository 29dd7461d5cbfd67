"""The error for something that is given in place of a run's settings."""

from typing import Any

from kbert.config.machine_options import MachineOptions
from kbert.errors import InputError
from kbert.findings import Cure


def not_settings(given: Any, expected: type[MachineOptions]) -> InputError:
    """Return the error for a file, or anything else, where settings belong.

    Args:
        given: anything.
        expected: class of the settings.
    """
    data = given if isinstance(given, str) else "reviews.csv"
    return InputError(
        "`config` must be a {expected}. Received: {given}",
        expected=expected.__name__,
        given=f"{given!r:.80}",
        cure=Cure(code=f"kbert.{expected.__name__}({data!r})"),
    )
