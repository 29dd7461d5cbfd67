"""Two passes with different dropout that should predict the same."""

from dataclasses import dataclass
from typing import Any, ClassVar

from kbert.errors import InputError
from kbert.findings import Cure, worded
from kbert.techniques.objective import Objective
from kbert.techniques.training_step import TrainingStep


@dataclass(frozen=True)
class RDrop(Objective):
    """Compute each batch twice, and train both predictions to be alike.

        loss = (loss(first) + loss(second)) / 2 + alpha * divergence(first, second)

    The passes differ by their dropout. The divergence of two predictions is the mean over rows of

        (kl(p, q) + kl(q, p)) / 2          for probabilities of classes, or of each label
        ((first - second) / scale) ** 2    for numbers, in the scale of their loss

    The paper adds both losses; this takes their mean, as the authors' examples do. So the paper's
    alpha is twice this one.

    Args:
        alpha: float, above 0. How much the divergence counts.

    Raises:
        InputError: `alpha` is out of range, or, when a model is compiled, the model has no dropout.

    Source: "R-Drop: Regularized Dropout for Neural Networks", arXiv 2106.14448.

    Example:

    ```python
    model.compile(optimizer=create_optimizer(plan), objectives=[RDrop(1.0)])
    ```
    """

    alpha: float

    name: ClassVar[str] = "r_drop"
    settings: ClassVar[dict[str, str]] = {"r_drop": "alpha"}

    def __post_init__(self) -> None:
        if not 0 < self.alpha < float("inf"):
            raise InputError("`alpha` must be above 0. Received: {alpha}", alpha=self.alpha)

    def check(self, model: Any) -> None:
        layers = model.backbone.transformer_layers
        rates = [model.dropout, model.backbone.dropout, *(layer.dropout for layer in layers)]
        if not any(rates):
            raise InputError(
                "The model has no dropout, without which two passes give the same.",
                cure=Cure({"dropout": 0.1}),
            )

    def term(self, step: TrainingStep) -> Any:
        second = step.again()
        divergence = step.mean(step.model.target.divergence(), step.outputs, second)
        return (step.loss_of(second) - step.loss) / 2 + self.alpha * divergence

    def told(self) -> str:
        return worded("R-Drop: two passes, whose divergence has weight {alpha:g}", alpha=self.alpha)
