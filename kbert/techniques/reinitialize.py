"""New weights for the top of an encoder."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from kbert.config.technique_options import TechniqueOptions
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Message, worded
from kbert.techniques.model_change import ModelChange
from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class Reinitialize(ModelChange):
    """Give the top layers of the encoder, and the pooler, new weights in place of pretrained ones.

        kernel = truncated_normal(stddev=0.02); bias = beta = 0; gamma = 1

    Pretraining specializes the top layers the most, and with a few hundred or thousand rows, some
    of them are better learned from scratch. Few rows then need more updates.

    Args:
        layers: int. How many layers of the encoder, counted from the highest. Defaults to 0.
        pooler: bool. Whether the pooler gets new weights too. Defaults to True.

    Raises:
        InputError: `layers` is below 0, or, when the model is changed, more than the model has.

    Source: "Revisiting Few-sample BERT Fine-tuning", arXiv 2006.05987, section 4, which takes 1 to
        6 of 24 layers and the pooler.

    Example:

    ```python
    model = BertClassifier.from_preset("minilm", labels=["bad", "good"])
    Reinitialize(layers=1)(model)
    ```
    """

    layers: int = 0
    pooler: bool = True

    name: ClassVar[str] = "reinitialize"
    settings: ClassVar[dict[str, str]] = {"reinit_layers": "layers"}
    changes_values: ClassVar[bool] = True
    needs_pretrained: ClassVar[bool] = True

    @classmethod
    def asked_by(cls, options: TechniqueOptions) -> Self | None:
        found = super().asked_by(options)
        has_pooler = getattr(options, "pooling", "auto") != "mean"
        return found if found is None or has_pooler else replace(found, pooler=False)

    def __post_init__(self) -> None:
        if self.layers < 0:
            raise InputError("`layers` must be 0 or more. Received: {layers}", layers=self.layers)

    def __call__(self, model: Any) -> Any:
        backbone = model.backbone
        own = backbone.transformer_layers
        self.check_model(model)
        self.check_without_lora(model)
        changed = [*own[len(own) - self.layers :], *([backbone.pooled_dense] * self.pooler)]
        for layer in changed:
            for variable in layer.weights:
                variable.assign(_new_value(variable))
        return model

    def check_sizes(self, sizes: Mapping[str, Any]) -> None:
        layers = sizes["num_layers"]
        if self.layers > layers:
            raise InputError(
                "The model has {own}, of which {layers} cannot be given new weights.",
                own=count_noun(layers, "layer"),
                layers=self.layers,
                cure=Cure({"reinit_layers": layers}),
            )

    def told(self) -> str:
        parts = []
        if self.layers:
            parts.append(
                Message("the highest {layers}", layers=count_noun(self.layers, "layer"))
                if self.layers > 1
                else Message("the highest layer")
            )
        parts += [Message("the pooler")] * self.pooler
        return worded("new weights: {parts}", parts=Joined(parts))


def _new_value(variable: Any) -> Any:
    """Return an initial value of a BERT, drawn with the seed of `keras.utils.set_random_seed`."""
    from keras import initializers

    if variable.path.endswith("kernel"):
        # A shared initializer would give every variable the same values.
        initializer: Any = initializers.TruncatedNormal(stddev=0.02)
    elif variable.path.endswith("gamma"):
        initializer = initializers.Ones()
    else:
        initializer = initializers.Zeros()
    return initializer(variable.shape, variable.dtype)
