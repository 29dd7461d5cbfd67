"""What a model is trained to minimize."""

from dataclasses import dataclass

from kbert.choices import ClassLossName
from kbert.config.checks import check_share
from kbert.errors import InputError
from kbert.findings import Option


@dataclass(frozen=True, kw_only=True)
class LossOptions:
    """The loss of a training run, and how much each class counts in it.

    Example:

    ```python
    assert LossOptions(class_weight="balanced").loss == "categorical_crossentropy"
    ```
    """

    loss: ClassLossName = "categorical_crossentropy"
    """Loss: cross-entropy, focal, or another of Keras's losses; for training, not a score."""
    focal_gamma: float = 2.0
    """How much the focal loss attends to rows that the model gets wrong; 0 is cross-entropy."""
    label_smoothing: float = 0.0
    """Share of each label that is spread evenly over all classes."""
    class_weight: str | None = None
    """How much each class or label counts in the loss: balanced, or NAME=W,NAME=W for some."""

    def __post_init__(self) -> None:
        check_share("label_smoothing", self.label_smoothing)
        if not 0 <= self.focal_gamma < float("inf"):
            raise InputError(
                "{option} must be 0 or more. Received: {gamma}",
                option=Option("focal_gamma"),
                gamma=self.focal_gamma,
            )
        if self.focal_gamma != LossOptions.focal_gamma and self.loss != "focal":
            raise InputError(
                "{option} belongs to {loss}.",
                option=Option("focal_gamma"),
                loss=Option("loss", "focal"),
            )
