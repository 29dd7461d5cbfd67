"""Which rows of a labelled file are set aside for evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kbert.config.evaluation_options import EvaluationOptions
from kbert.errors import InputError
from kbert.findings import Option

MAX_SEED = 2**32 - 1
MAX_FOLDS = 1000
OF_SPLIT = ("split_seed", "split_by_time")


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """How rows are set aside if no file holds those to evaluate on.

    Example:

    ```python
    assert SplitOptions().split_seed is None
    ```
    """

    split_seed: int | None = None
    """Decides which rows are set aside; without it, the seed does. Keep it to compare seeds."""

    folds: int | None = None
    """Cross-validation: train once for each of K parts, with the others, and evaluate on it."""
    fold: int | None = None
    """Train one fold alone, from 1 to the number of folds, such as on a machine of its own."""

    def __post_init__(self) -> None:
        if self.folds is not None and not 2 <= self.folds <= MAX_FOLDS:
            raise InputError(
                "{option} must be from 2 to {most}. Received: {folds}",
                option=Option("folds"),
                most=MAX_FOLDS,
                folds=self.folds,
            )
        if self.fold is not None and not 1 <= self.fold <= (self.folds or 0):
            raise InputError(
                "{option} must be from 1 to the number of {folds}. Received: {fold}",
                option=Option("fold"),
                folds=Option("folds"),
                fold=self.fold,
            )
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
        _refuse(settings, (*OF_SPLIT, "folds"), "dev")
    elif settings["folds"] is not None:
        _refuse(settings, ("split_by_time",), "folds")
        if settings["dev_proportion"] != EvaluationOptions.dev_proportion:
            raise _without_effect("dev_proportion", "folds", settings)
    elif settings["dev_proportion"] == 0:
        _refuse(settings, OF_SPLIT, "dev_proportion")
    elif settings["split_by_time"] is not None:
        _refuse(settings, ("split_seed",), "split_by_time")


def _refuse(settings: Mapping[str, Any], names: tuple[str, ...], other: str) -> None:
    for name in names:
        if settings[name] is not None:
            raise _without_effect(name, other, settings)


def _without_effect(name: str, other: str, settings: Mapping[str, Any]) -> InputError:
    return InputError(
        "{option} has no effect beside {other}: leave it out.",
        option=Option(name),
        other=Option(other, settings[other]),
    )
