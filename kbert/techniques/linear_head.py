"""A head that starts as a linear model on the encoder."""

from dataclasses import dataclass
from typing import ClassVar, Self

from kbert.config.technique_options import TechniqueOptions
from kbert.errors import InputError
from kbert.findings import worded
from kbert.techniques.technique import Technique


@dataclass(frozen=True)
class LinearHead(Technique):
    """Start with a head that is a linear model, fitted to the encoder as it is.

        head = argmin sum loss(features @ kernel + bias) + |kernel * std(features)|^2 / 2 strength

    A new head is noise: the first updates bend the encoder to it, and with many classes most of a
    short run is spent on learning it. This one predicts from the first update. In plain `fit`, use
    `fit_linear_head`.

    Args:
        strength: float or None. How closely the head fits, above 0: the lower, the smaller its
            weights. Defaults to None: chosen on the rows that the head is fitted to.

    Raises:
        InputError: `strength` is not above 0.

    Source: Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform
        Out-of-Distribution", arXiv 2202.10054, which calls it LP-FT.

    Example:

    ```python
    assert LinearHead(strength=0.1).strength == 0.1
    ```
    """

    strength: float | None = None

    name: ClassVar[str] = "linear_head"
    settings: ClassVar[dict[str, str]] = {"head": "strength"}
    needs_pretrained: ClassVar[bool] = True

    @classmethod
    def asked_by(cls, options: TechniqueOptions) -> Self | None:
        is_new = getattr(options, "parent", None) is None  # else it has the head of its parent
        return cls() if options.head == "linear" and is_new else None

    def __post_init__(self) -> None:
        if self.strength is not None and not 0 < self.strength < float("inf"):
            raise InputError(
                "`strength` must be above 0. Received: {strength}", strength=self.strength
            )

    def told(self) -> str:
        return worded("the head begins as a linear model, fitted to the encoder as it is")
