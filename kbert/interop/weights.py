"""Names and layouts of BERT's weights in kbert and in other programs' checkpoints.

Dense kernels are [inputs, outputs] in Google's checkpoints and [outputs, inputs] in Hugging Face's;
the head's is [outputs, inputs] in both. In kbert and keras-hub they are [inputs, outputs], and the
attention's have an axis for the heads.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kbert.choices import WeightFormat

# keras-hub's files number the layers of a class, and the variables of a layer.
_KERAS_HUB_LAYERS = {
    "token_embedding": "reversible_embedding",
    "segment_embedding": "embedding",
    "embeddings_layer_norm": "layer_normalization",
    "pooled_dense": "dense",
    "logits": "dense",
}
_KERAS_HUB_PARTS = {
    **{part: f"{part}_dense" for part in ("query", "key", "value")},
    "attention_output": "output_dense",
}


@dataclass(frozen=True)
class WeightSpec:
    """A weight's names, its shape in kbert, and its shape without an axis for the heads.

    Example:

    ```python
    kernel = WeightSpec("logits/kernel", "output_weights", "classifier.weight", (8, 2), (8, 2))
    ```
    """

    name: str
    google: str
    hugging_face: str
    shape: tuple[int, ...]
    flat: tuple[int, ...]

    @property
    def is_kernel(self) -> bool:
        """Whether it is a dense layer's matrix."""
        return self.name.endswith("/kernel")

    @property
    def is_head(self) -> bool:
        """Whether it belongs to the classification head."""
        return self.name.startswith("logits/")

    def name_in(self, format: WeightFormat) -> str:
        """Return the name of the weight in a format."""
        return _LAYOUTS[format].name(self)

    def shape_in(self, format: WeightFormat) -> tuple[int, ...]:
        """Return the shape of the weight in a format."""
        layout = _LAYOUTS[format]
        if layout.has_head_axis:
            return self.shape
        return self.flat[::-1] if layout.is_transposed(self) else self.flat

    def from_format(self, format: WeightFormat, array: np.ndarray) -> np.ndarray:
        """Return a format's array in kbert's layout."""
        return (array.T if _LAYOUTS[format].is_transposed(self) else array).reshape(self.shape)

    def to_format(self, format: WeightFormat, array: np.ndarray) -> np.ndarray:
        """Return kbert's array in a format's layout."""
        array = array.reshape(self.shape if _LAYOUTS[format].has_head_axis else self.flat)
        return array.T if _LAYOUTS[format].is_transposed(self) else array


@dataclass(frozen=True)
class _Layout:
    """How a format names and lays out weights."""

    name: Callable[[WeightSpec], str]
    is_transposed: Callable[[WeightSpec], bool] = lambda spec: False
    has_head_axis: bool = True


def _keras_hub_name(spec: WeightSpec) -> str:
    """Return the path of a weight in keras-hub's files, without leading underscores."""
    layer, *parts, variable = spec.name.split("/")
    number = re.fullmatch(r"transformer_layer_(\d+)", layer)
    if number:
        layer = "transformer_encoder" + (f"_{number[1]}" if number[1] != "0" else "")
    layers = [_KERAS_HUB_LAYERS.get(layer, layer), *(_KERAS_HUB_PARTS.get(p, p) for p in parts)]
    position = "1" if variable in ("bias", "beta") else "0"
    return "/".join(("layers", *layers, "vars", position))


def _keras_name(spec: WeightSpec) -> str:
    """Return the path of a weight in a .keras file, where the backbone is one of the layers."""
    name = _keras_hub_name(spec)
    return name if spec.is_head else f"layers/bert_backbone/{name}"


_LAYOUTS: dict[WeightFormat, _Layout] = {
    "kbert": _Layout(lambda spec: spec.name),
    "keras": _Layout(_keras_name),
    "keras-hub": _Layout(_keras_hub_name),
    "google": _Layout(
        lambda spec: spec.google,
        is_transposed=lambda spec: spec.is_kernel and spec.is_head,
        has_head_axis=False,
    ),
    "huggingface": _Layout(
        lambda spec: spec.hugging_face,
        is_transposed=lambda spec: spec.is_kernel,
        has_head_axis=False,
    ),
}
