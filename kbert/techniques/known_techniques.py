"""The techniques by name."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kbert.config.technique_options import TechniqueOptions
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Option
from kbert.techniques.average_best import AverageBest
from kbert.techniques.fgm import FGM
from kbert.techniques.freeze import Freeze
from kbert.techniques.gradual_unfreezing import GradualUnfreezing
from kbert.techniques.layer_decay import LayerDecay
from kbert.techniques.linear_head import LinearHead
from kbert.techniques.lora import LoRA
from kbert.techniques.model_change import ModelChange
from kbert.techniques.moving_average import MovingAverage
from kbert.techniques.objective import Objective
from kbert.techniques.r_drop import RDrop
from kbert.techniques.rate_factor import RateFactor
from kbert.techniques.reinitialize import Reinitialize
from kbert.techniques.supervised_contrastive import SupervisedContrastive
from kbert.techniques.technique import Technique
from kbert.techniques.token_dropout import TokenDropout
from kbert.utils.wording import count_noun

if TYPE_CHECKING:
    from kbert.targets.target import Target

# In the order in which they change a model.
KNOWN: tuple[type[Technique], ...] = (
    *(Reinitialize, LinearHead, LoRA, Freeze, TokenDropout),
    *(LayerDecay, GradualUnfreezing),
    *(RDrop, FGM, SupervisedContrastive),
    *(MovingAverage, AverageBest),
)
_BY_NAME = {technique.name: technique for technique in KNOWN}


def techniques_of(options: TechniqueOptions) -> list[Technique]:
    """Return the techniques that the settings of a run ask for."""
    asked = (technique.asked_by(options) for technique in KNOWN)
    return [technique for technique in asked if technique is not None]


def check_techniques(options: TechniqueOptions, sizes: Mapping[str, Any]) -> None:
    """Raise InputError if the techniques of a run do not fit an encoder.

    Args:
        options: TechniqueOptions.
        sizes: dict. As in `ModelChange.check_sizes`.
    """
    for technique in techniques_of(options):
        if isinstance(technique, ModelChange):
            technique.check_sizes(sizes)
    layers, new = sizes["num_layers"], options.reinit_layers
    if options.freeze_layers + new > layers:
        raise InputError(
            "Of {layers} the lowest {frozen} are frozen and the highest {new} get new weights: "
            "those in both groups would never be trained.",
            layers=count_noun(layers, "layer"),
            frozen=options.freeze_layers,
            new=new,
            cure=Cure({"freeze_layers": layers - new}),
        )


def check_rows(options: TechniqueOptions, target: "Target", batch_size: int) -> None:
    """Raise InputError if the techniques of a run do not fit its rows.

    Args:
        options: TechniqueOptions.
        target: Target. The target of the training rows.
        batch_size: int.
    """
    for technique in techniques_of(options):
        if isinstance(technique, Objective):
            technique.check_rows(target, batch_size)


def check_random_weights(options: TechniqueOptions) -> None:
    """Raise InputError if a run from random weights has a technique that needs pretrained ones."""
    for technique in techniques_of(options):
        if technique.needs_pretrained:
            raise InputError(
                "{option} is for pretrained weights, but {weights} has none: leave out one of "
                "the two.",
                option=Option(next(iter(technique.settings))),
                weights=Option("weights", "random"),
            )


def technique_from(data: Technique | dict[str, Any]) -> Technique:
    """Return the technique that `to_dict` described; a technique is returned as it is.

    Raises:
        InputError: there is no technique of this name.
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
        factor = _read(one)
        if not isinstance(factor, RateFactor):
            raise InputError(
                "{option} takes techniques that change learning rates, such as LayerDecay(0.9). "
                "Received: {one!r}",
                option=Option("rate_factors"),
                one=one,
            )
        found.append(factor)
    return tuple(found)


def objectives_of(given: Sequence[Objective | dict[str, Any]]) -> tuple[Objective, ...]:
    """Return objectives, some of which may be given as what their `to_dict` returns.

    Raises:
        InputError: one of them is something else.
    """
    found = []
    for one in given:
        objective = _read(one)
        if not isinstance(objective, Objective):
            raise InputError(
                "{option} takes techniques that add to the loss, such as RDrop(1.0). "
                "Received: {one!r}",
                option=Option("objectives"),
                one=one,
            )
        found.append(objective)
    return tuple(found)


def _read(one: Any) -> Any:
    return technique_from(one) if isinstance(one, (Technique, dict)) else one
