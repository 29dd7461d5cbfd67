"""Techniques of fine-tuning."""

from dataclasses import dataclass

from kbert.choices import HeadStart
from kbert.config.checks import check_share
from kbert.errors import InputError
from kbert.findings import Option


@dataclass(frozen=True, kw_only=True)
class TechniqueOptions:
    """What is done besides plain fine-tuning.

    Example:

    ```python
    assert TechniqueOptions(layer_decay=0.9).freeze_layers == 0
    ```
    """

    head: HeadStart = "auto"
    """What the head starts from: a linear model fitted to the encoder as it is, or new weights;
    auto takes the former where the encoder is pretrained, except with the google recipe."""
    freeze_embeddings: bool = False
    """Do not train the embeddings."""
    freeze_layers: int = 0
    """Number of lowest encoder layers that are not trained."""
    reinit_layers: int = 0
    """Number of highest encoder layers that, with the pooler, start from new weights."""
    lora_rank: int = 0
    """Rank of LoRA, which trains small matrices beside the kernels of queries and values."""
    lora_alpha: float | None = None
    """LoRA's product is multiplied by this and divided by the rank; by default the rank."""
    layer_decay: float = 1.0
    """Learning rate of each layer, as a factor of that of the layer above it."""
    gradual_unfreezing: float = 0.0
    """Share of the updates after which all layers are trained; the head is trained from the
    first."""
    moving_average: float = 0.0
    """Momentum of the moving average of the weights, which is evaluated and kept."""
    average_best: int = 0
    """Best evaluations whose weights are averaged at the end; the average is kept if it is
    better."""
    r_drop: float = 0.0
    """R-Drop: how much the difference between two passes with different dropout counts."""
    fgm: float = 0.0
    """FGM: how far token embeddings move against the loss, for a second loss of each batch."""
    token_dropout: float = 0.0
    """Share of the tokens replaced by [MASK] in training, different ones each time."""
    contrastive: float = 0.0
    """How much the supervised contrastive loss counts, which draws rows of a class together."""
    contrastive_temperature: float = 0.3
    """Temperature of the contrastive loss; the lower, the more the nearest rows count."""

    def __post_init__(self) -> None:
        for name in (
            *("freeze_layers", "reinit_layers", "lora_rank"),
            *("r_drop", "fgm", "contrastive"),
        ):
            if not 0 <= getattr(self, name) < float("inf"):
                raise InputError(
                    "{option} must be 0 or more. Received: {value}",
                    option=Option(name),
                    value=getattr(self, name),
                )
        check_share("token_dropout", self.token_dropout)
        if not 0 < self.contrastive_temperature < float("inf"):
            raise InputError(
                "{option} must be above 0. Received: {value}",
                option=Option("contrastive_temperature"),
                value=self.contrastive_temperature,
            )
        if self.contrastive_temperature != 0.3 and not self.contrastive:
            raise InputError(
                "{option} belongs to {contrastive}.",
                option=Option("contrastive_temperature"),
                contrastive=Option("contrastive"),
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
        self._check_lora()

    def _check_lora(self) -> None:
        """Raise InputError unless the settings of LoRA fit each other and the other settings."""
        if self.lora_alpha is not None and not 0 < self.lora_alpha < float("inf"):
            raise InputError(
                "{option} must be above 0. Received: {value}",
                option=Option("lora_alpha"),
                value=self.lora_alpha,
            )
        if self.lora_alpha is not None and not self.lora_rank:
            raise InputError(
                "{alpha} is used only with {rank}.",
                alpha=Option("lora_alpha"),
                rank=Option("lora_rank"),
            )
        for name in ("freeze_embeddings", "freeze_layers", "reinit_layers"):
            if self.lora_rank and getattr(self, name):
                raise InputError(
                    "{lora} keeps all weights of the encoder as they are: leave out {option}.",
                    lora=Option("lora_rank"),
                    option=Option(name),
                )
