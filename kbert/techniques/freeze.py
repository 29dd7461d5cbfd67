"""Parts of a model that are not trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from kbert.errors import InputError
from kbert.findings import Cure, Joined, Message, worded
from kbert.techniques.model_change import ModelChange
from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class Freeze(ModelChange):
    """Do not train the embeddings, or the lowest layers.

    It sets `trainable` of their layers, as Keras does. Layers that are frozen below everything that
    is trained need no gradients: a step is faster and takes less memory.

    Args:
        embeddings: bool. The embeddings and their LayerNorm. Defaults to False.
        layers: int. How many layers of the encoder, counted from the lowest. Defaults to 0.

    Raises:
        InputError: `layers` is below 0, or, when the model is changed, more than the model has.

    Example:

    ```python
    model = BertClassifier.from_preset("minilm", labels=["bad", "good"])
    Freeze(embeddings=True, layers=1)(model)
    model.compile(optimizer=create_optimizer(plan))
    ```
    """

    embeddings: bool = False
    layers: int = 0

    name: ClassVar[str] = "freeze"
    settings: ClassVar[dict[str, str]] = {
        "freeze_embeddings": "embeddings",
        "freeze_layers": "layers",
    }

    def __post_init__(self) -> None:
        if self.layers < 0:
            raise InputError("`layers` must be 0 or more. Received: {layers}", layers=self.layers)

    def __call__(self, model: Any) -> Any:
        backbone = model.backbone
        self.check_model(model)
        self.check_without_lora(model)
        for layer in self._frozen(backbone):
            layer.trainable = False
        return model

    def check_sizes(self, sizes: Mapping[str, Any]) -> None:
        layers = sizes["num_layers"]
        if self.layers > layers:
            raise InputError(
                "The model has {own}, of which {layers} cannot be frozen.",
                own=count_noun(layers, "layer"),
                layers=self.layers,
                cure=Cure({"freeze_layers": layers}),
            )

    def _frozen(self, backbone: Any) -> list[Any]:
        found = list(backbone.transformer_layers[: self.layers])
        if self.embeddings:
            found += [
                backbone.token_embedding,
                backbone.position_embedding,
                backbone.segment_embedding,
                backbone.embeddings_layer_norm,
            ]
        return found

    def told(self) -> str:
        parts = [Message("the embeddings")] if self.embeddings else []
        if self.layers:
            parts.append(
                Message("the lowest {layers}", layers=count_noun(self.layers, "layer"))
                if self.layers > 1
                else Message("the lowest layer")
            )
        return worded("frozen: {parts}", parts=Joined(parts))
