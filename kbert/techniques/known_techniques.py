"""The techniques by their names."""

from collections.abc import Sequence
from typing import Any

from kbert.config.technique_options import TechniqueOptions
from kbert.errors import InputError
from kbert.findings import Joined, Option
from kbert.plans.training_plan import TrainingPlan
from kbert.techniques.average_best import AverageBest
from kbert.techniques.freeze import Freeze
from kbert.techniques.gradual_unfreezing import GradualUnfreezing
from kbert.techniques.layer_decay import LayerDecay
from kbert.techniques.moving_average import MovingAverage
from kbert.techniques.rate_factor import RateFactor
from kbert.techniques.technique import Technique

# In the order in which they change a model.
KNOWN: tuple[type[Technique], ...] = (
    Freeze,
    LayerDecay,
    GradualUnfreezing,
    MovingAverage,
    AverageBest,
)
_BY_NAME = {technique.name: technique for technique in KNOWN}


def techniques_of(options: TechniqueOptions, plan: TrainingPlan) -> list[Technique]:
    """Return the techniques that the settings of a run ask for, as they are in its plan."""
    asked = (technique.asked_by(options, plan) for technique in KNOWN)
    return [technique for technique in asked if technique is not None]


def technique_from(data: Technique | dict[str, Any]) -> Technique:
    """Return a technique of what its `to_dict` returned, or as it is.

    Raises:
        InputError: there is none of this name.
    """
    if isinstance(data, Technique):
        return data
    name = data.get("technique")
    if name not in _BY_NAME:
        raise InputError(
            "There is no technique {name!r}. Known are: {known}", name=name, known=Joined(_BY_NAME)
        )
    return _BY_NAME[name].from_dict(data)


def rate_factors_of(given: Sequence[RateFactor | dict[str, Any]]) -> tuple[RateFactor, ...]:
    """Return rate factors, some of which may be given as what their `to_dict` returns.

    Raises:
        InputError: one of them is something else.
    """
    found = []
    for one in given:
        factor = technique_from(one) if isinstance(one, (Technique, dict)) else one
        if not isinstance(factor, RateFactor):
            raise InputError(
                "{option} takes techniques that change learning rates, such as LayerDecay(0.9). "
                "Received: {one!r}",
                option=Option("rate_factors"),
                one=one,
            )
        found.append(factor)
    return tuple(found)
