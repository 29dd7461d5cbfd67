"""Groups of variables with the same learning rate and the same first update."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from keras import ops

from kbert.techniques.rate_factor import RateFactor


@dataclass(frozen=True)
class RateGroup:
    """The variables at one depth, among those that an optimizer updates.

    Args:
        places: list of int. The positions of these variables among all that are updated.
        factor: float, tensor of one number, or None. The factor of their learning rate; 0 while
            they are not trained yet. Defaults to None: 1.
        first: int. The number of updates before they are trained. Defaults to 0.
    """

    places: list[int]
    factor: Any = None
    first: int = 0

    def updates_trained(self, updates: Any) -> Any:
        """Return how many of `updates`, the updates so far as a float tensor, trained them."""
        return ops.relu(updates - self.first)


def rate_groups(
    depths: Sequence[int], top: int, factors: Sequence[RateFactor], update: Any
) -> list[RateGroup]:
    """Return the groups of variables with these depths, for one update.

    Args:
        depths: sequence of int. See `variable_depths`.
        top: int. The greatest depth in the model.
        factors: sequence of RateFactor.
        update: float tensor. The number of updates before this one.
    """
    if not factors:
        return [RateGroup([*range(len(depths))])]
    groups = []
    for depth in sorted({*depths}):
        places = [place for place, found in enumerate(depths) if found == depth]
        factor: Any = prod(of.factor(depth, top, update) for of in factors)
        first = max(of.first_update(depth, top) for of in factors)
        if first:
            factor = factor * ops.cast(update >= first, "float32")
        groups.append(RateGroup(places, factor, first))
    return groups
