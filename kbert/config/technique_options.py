"""Techniques of fine-tuning."""

from dataclasses import dataclass

from kbert.errors import InputError
from kbert.findings import Option


@dataclass(frozen=True, kw_only=True)
class TechniqueOptions:
    """What is done beside plain fine-tuning; each setting's default does nothing.

    Example:

    ```python
    assert TechniqueOptions(layer_decay=0.9).freeze_layers == 0
    ```
    """

    freeze_embeddings: bool = False
    """Do not train the embeddings."""
    freeze_layers: int = 0
    """Lowest layers of the encoder that are not trained."""
    layer_decay: float = 1.0
    """Learning rate of each layer, as a factor of that of the layer above it."""
    gradual_unfreezing: float = 0.0
    """Share of the updates after which all layers are trained, the head from the first."""
    moving_average: float = 0.0
    """Momentum of the moving average of the weights, which is evaluated and kept."""
    average_best: int = 0
    """Best evaluations whose weights are averaged at the end, and kept if that is better."""

    def __post_init__(self) -> None:
        if self.freeze_layers < 0:
            raise InputError(
                "{option} must be 0 or more. Received: {value}",
                option=Option("freeze_layers"),
                value=self.freeze_layers,
            )
        if not 0 < self.layer_decay <= 1:
            raise InputError(
                "{option} must be above 0 and at most 1. Received: {value}",
                option=Option("layer_decay"),
                value=self.layer_decay,
            )
        if not 0 <= self.gradual_unfreezing < 1:
            raise InputError(
                "{option} must be at least 0 and below 1. Received: {value}",
                option=Option("gradual_unfreezing"),
                value=self.gradual_unfreezing,
            )
        if not 0 <= self.moving_average < 1:
            raise InputError(
                "{option} must be at least 0 and below 1. Received: {value}",
                option=Option("moving_average"),
                value=self.moving_average,
            )
        if self.average_best != 0 and self.average_best < 2:
            raise InputError(
                "{option} must be 2 or more. Received: {count}",
                option=Option("average_best"),
                count=self.average_best,
            )
