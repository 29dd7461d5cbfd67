"""Checks of numbers that count something."""

from numbers import Integral
from typing import Any

from kbert.errors import InputError
from kbert.findings import Option

MAX_COUNT = 10**9
"""More than any run has of anything; greater numbers overflow where they are counted."""


def check_count(name: str, value: Any) -> None:
    """Raise InputError unless a value is a whole number from 1 to a billion.

    Args:
        name: str. The name of the argument.
        value: what was given.

    Example:

    ```python
    check_count("batch_size", 32)
    ```
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise InputError(
            "{option} must be a whole number, 1 or more. Received: {value!r}",
            option=Option(name),
            value=value,
        )
    if int(value) > MAX_COUNT:
        raise InputError(
            "{option} must be at most {largest:,}. Received: {value!r:.60}",
            option=Option(name),
            largest=MAX_COUNT,
            value=value,
        )
