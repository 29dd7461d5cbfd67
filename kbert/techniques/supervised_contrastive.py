"""Features of the same class, drawn together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from kbert.errors import InputError
from kbert.findings import Cure, worded
from kbert.techniques.objective import Objective
from kbert.techniques.training_step import TrainingStep

if TYPE_CHECKING:
    from kbert.targets.target import Target


@dataclass(frozen=True)
class SupervisedContrastive(Objective):
    """Draw the features of rows of one class together, and those of different classes apart.

        loss = loss + weight * contrastive(features / norm(features))

    The features are the head's inputs, from the same pass as the loss, so the term costs next to
    nothing. A row is compared only with the other rows of its batch, on all devices. A row that is
    alone in its class, and a row of weight 0, add nothing. See `ContrastiveLoss`. The paper uses
    (1 - lambda) and lambda as the weights: its lambda of 0.9 is a weight of 9.

    Args:
        weight: float, above 0.
        temperature: float, above 0. The lower, the more the nearest rows count. Defaults to 0.3.

    Raises:
        InputError: a number is out of range; or, when a model is compiled, its rows do not have one
            class each, or TensorFlow divides them among devices.

    Source: "Supervised Contrastive Learning for Pre-trained Language Model Fine-tuning", arXiv
        2011.01403; "Supervised Contrastive Learning", arXiv 2004.11362.

    Example:

    ```python
    model.compile(optimizer=create_optimizer(plan), objectives=[SupervisedContrastive(0.1)])
    ```
    """

    weight: float
    temperature: float = 0.3

    name: ClassVar[str] = "contrastive"
    settings: ClassVar[dict[str, str]] = {
        "contrastive": "weight",
        "contrastive_temperature": "temperature",
    }
    needs_features: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name, value in (("weight", self.weight), ("temperature", self.temperature)):
            if not 0 < value < float("inf"):
                raise InputError(
                    "`{name}` must be above 0. Received: {value}", name=name, value=value
                )

    def check(self, model: Any) -> None:
        from kbert.backend.devices import divides_rows

        self.check_rows(model.target)
        if divides_rows(model):
            raise InputError(
                "On several devices TensorFlow compares only rows on the same device, which is a "
                "different contrastive loss.",
                cure=Cure({"backend": "jax"}),
            )

    def check_rows(self, target: "Target", batch_size: int | None = None) -> None:
        if target.kind != "single":
            raise InputError(
                "The contrastive loss needs one class in each row, but the target is {kind}.",
                kind=target.kind,
                cure=Cure(
                    note="leave it out",
                    otherwise=(Cure({"contrastive": 0.0}, note="if it is part of a recipe"),),
                ),
            )
        if batch_size == 1:
            raise InputError(
                "The contrastive loss compares the rows of a batch, but each batch has one row.",
                cure=Cure({"batch_size": 8}),
            )

    def term(self, step: TrainingStep) -> Any:
        from keras import ops

        from kbert.losses.contrastive_loss import ContrastiveLoss

        classes = ops.reshape(ops.cast(step.y, "int32"), (-1,))
        if step.sample_weight is not None:
            counts = ops.reshape(step.sample_weight, (-1,)) > 0
            classes = ops.where(counts, classes, -1)
        loss = ContrastiveLoss(self.temperature)
        return self.weight * step.mean(loss, classes, step.features)

    def told(self) -> str:
        return worded(
            "supervised contrastive loss: weight {weight:g}, temperature {temperature:g}",
            weight=self.weight,
            temperature=self.temperature,
        )
