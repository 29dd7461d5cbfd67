"""Variables that share a learning rate and when they are first trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from keras import ops

from kbert.techniques.rate_factor import RateFactor


@dataclass(frozen=True)
class RateGroup:
    """The variables at a depth, of those that an optimizer updates.

    Args:
        places: list of int. Their places among these.
        factor: float, tensor of one number, or None. Of their learning rate; 0 while they are held.
            Defaults to None: 1.
        first: int. Updates for which they are held. Defaults to 0.
    """

    places: list[int]
    factor: Any = None
    first: int = 0

    def updates_trained(self, updates: Any) -> Any:
        """Return for how many of the updates so far, a float tensor, they have been trained."""
        return ops.relu(updates - self.first)


def rate_groups(
    depths: Sequence[int], top: int, factors: Sequence[RateFactor], update: Any
) -> list[RateGroup]:
    """Return the groups of variables with these depths, in an update.

    Args:
        depths: sequence of int. See `variable_depths`.
        top: int. The greatest depth in the model.
        factors: sequence of RateFactor.
        update: float tensor. The updates before this one.
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
