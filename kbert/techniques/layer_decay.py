"""Learning rates that fall from the head to the embeddings."""

from dataclasses import dataclass
from typing import Any, ClassVar

from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.techniques.rate_factor import RateFactor


@dataclass(frozen=True)
class LayerDecay(RateFactor):
    """Train lower layers with a smaller learning rate.

        rate of a variable = learning rate * decay ** (top - depth)

    where `depth` is 0 for the embeddings, 1 for the lowest layer, and `top` for the pooler and
    head. Weight decay is proportional to the rate, and follows it.

    Args:
        decay: float, above 0 and at most 1. At 1 all layers have the same rate.

    Raises:
        InputError: `decay` is out of range.

    Source: "ELECTRA", arXiv 2003.10555, section A.2, where 0.8 and 0.9 were best; the idea is from
        "Universal Language Model Fine-tuning for Text Classification", arXiv 1801.06146.

    Example:

    ```python
    optimizer = create_optimizer(plan, rate_factors=[LayerDecay(0.9)])
    model.compile(optimizer=optimizer)
    ```
    """

    decay: float

    name: ClassVar[str] = "layer_decay"
    settings: ClassVar[dict[str, str]] = {"layer_decay": "decay"}

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise InputError(
                "{option} must be above 0 and at most 1. Received: {decay}",
                option=Option("layer_decay"),
                decay=self.decay,
            )

    def factor(self, depth: int, top: int, update: Any) -> float:
        return self.decay ** (top - depth)

    def told(self) -> str:
        return worded(
            "learning rate of each layer: {decay:g} times that of the one above", decay=self.decay
        )
