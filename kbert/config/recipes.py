"""Recipes: settings that belong together, by name."""

import functools
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from kbert.choices import Recipe

T = TypeVar("T")

RECIPES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # The defaults of all settings.
        "recommended": MappingProxyType({}),
        # Less time: one epoch, in as many updates as two have in batches of 32.
        "fast": MappingProxyType({"epochs": 1, "batch_size": 16, "learning_rate": 1e-4}),
        # More time.
        "best": MappingProxyType({"epochs": 4, "learning_rate": 1e-4, "average_best": 2}),
        # What else belongs to it is in the plan, the optimizer and the precision.
        "google": MappingProxyType({}),
        # For 8 to 64 rows of each class. The warmup is an epoch.
        "few-shot": MappingProxyType(
            {"batch_size": 16, "epochs": 25, "warmup_proportion": 0.04, "contrastive": 1.0}
        ),
    }
)
"""What each recipe sets where a setting is not given; docs/recipes.md has the measurements."""

# The settings that a given one rules out: another spelling of it, or a contradiction.
_REPLACED = {
    "batch_size_per_device": ("batch_size",),
    "lora_rank": ("learning_rate",),  # LoRA needs rates ten times as high or more
}


def filled_by_recipe(settings: type[T]) -> type[T]:
    """Let a dataclass with a `recipe` take the recipe's settings where they are not given.

    `dataclasses.replace` gives all settings, so with another `recipe` alone it changes only the
    name.

    Args:
        settings: dataclass, whose fields are given by name.
    """
    fill: Callable[..., None] = settings.__init__

    @functools.wraps(fill)
    def filled(self: T, *arguments: Any, **given: Any) -> None:
        fill(self, *arguments, **of_recipe(given.get("recipe"), beside=given), **given)

    settings.__init__ = filled  # type: ignore[method-assign,assignment]
    return settings


def of_recipe(name: Any, beside: Collection[str] = ()) -> dict[str, Any]:
    """Return the settings of a recipe; none if there is no such recipe.

    Args:
        name: str.
        beside: names of the settings that are given, which are left out. Defaults to ().
    """
    found = RECIPES[name] if name in get_args(Recipe) else {}
    replaced = {one for given, others in _REPLACED.items() if given in beside for one in others}
    return {n: value for n, value in found.items() if n not in beside and n not in replaced}


def with_recipe(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return settings with those of a recipe, in place of what another recipe gave them.

    Args:
        settings: dict. All settings of a run, with its `recipe`.
        name: str. The new recipe, which takes precedence over what was given with the other one.
    """
    before = of_recipe(settings.get("recipe"))
    kept = {k: v for k, v in settings.items() if not (k in before and before[k] == v)}
    return {**kept, **of_recipe(name), "recipe": name}
