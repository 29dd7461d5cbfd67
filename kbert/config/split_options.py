"""Which rows of a labelled file are set aside for evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kbert.errors import InputError
from kbert.findings import Option

MAX_SEED = 2**32 - 1


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """How rows are set aside where no file holds those to evaluate on.

    Example:

    ```python
    assert SplitOptions().split_seed is None
    ```
    """

    split_seed: int | None = None
    """Decides which rows are set aside; without it, the seed does. Keep it to compare seeds."""

    def __post_init__(self) -> None:
        if self.split_seed is not None and not 0 <= self.split_seed <= MAX_SEED:
            raise InputError(
                "{option} must be from 0 to {largest}. Received: {seed}",
                option=Option("split_seed"),
                largest=MAX_SEED,
                seed=self.split_seed,
            )


def check_split(settings: Mapping[str, Any]) -> None:
    """Raise InputError for a setting of the split that has no effect beside the others."""
    if settings["dev"] is not None:
        _refuse(settings, ("split_seed", "split_by_time"), "dev")
    elif settings["dev_proportion"] == 0:
        _refuse(settings, ("split_seed", "split_by_time"), "dev_proportion")
    elif settings["split_by_time"] is not None:
        _refuse(settings, ("split_seed",), "split_by_time")


def _refuse(settings: Mapping[str, Any], names: tuple[str, ...], other: str) -> None:
    for name in names:
        if settings[name] is not None:
            raise InputError(
                "{option} has no effect beside {other}: leave it out.",
                option=Option(name),
                other=Option(other, settings[other]),
            )
