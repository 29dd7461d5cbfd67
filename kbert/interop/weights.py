"""Names and layouts of BERT's weights in kbert and in other programs' checkpoints.

Dense kernels are [inputs, outputs] in Google's checkpoints and [outputs, inputs] in Hugging Face's;
the head's is [outputs, inputs] in both. In kbert and keras-hub they are [inputs, outputs], and the
attention's have an axis for the heads.
"""

import re
from collections.abc import Callable, Mapping
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
        """Return a format's array as kbert has it."""
        return (array.T if _LAYOUTS[format].is_transposed(self) else array).reshape(self.shape)

    def to_format(self, format: WeightFormat, array: np.ndarray) -> np.ndarray:
        """Return kbert's array as a format has it."""
        array = array.reshape(self.shape if _LAYOUTS[format].has_head_axis else self.flat)
        return array.T if _LAYOUTS[format].is_transposed(self) else array


@dataclass(frozen=True)
class _Layout:
    """How a format names and lays out weights."""

    name: Callable[[WeightSpec], str]
    is_transposed: Callable[[WeightSpec], bool] = lambda spec: False
    has_head_axis: bool = True


def weight_specs(backbone: Mapping[str, int], labels: int = 0) -> list[WeightSpec]:
    """Return the weights of an encoder with its pooler, and of a head if there are labels.

    Args:
        backbone: the arguments of keras-hub's `BertBackbone`.
        labels: int. Defaults to 0: no head.
    """
    hidden = backbone["hidden_dim"]
    specs = [
        _embedding("token", "word", backbone["vocabulary_size"], hidden),
        _embedding("position", "position", backbone["max_sequence_length"], hidden),
        _embedding("segment", "token_type", backbone["num_segments"], hidden),
        *_norm("embeddings_layer_norm", "embeddings/LayerNorm", hidden),
    ]
    for number in range(backbone["num_layers"]):
        specs += _transformer_layer(number, backbone)
    specs += _dense("pooled_dense", "pooler/dense", (hidden,), (hidden,))
    if labels:
        shape = (hidden, labels)
        specs += [
            WeightSpec("logits/kernel", "output_weights", "classifier.weight", shape, shape),
            WeightSpec("logits/bias", "output_bias", "classifier.bias", (labels,), (labels,)),
        ]
    return specs


def _transformer_layer(number: int, backbone: Mapping[str, int]) -> list[WeightSpec]:
    hidden, inner = (backbone["hidden_dim"],), (backbone["intermediate_dim"],)
    heads = (backbone["num_heads"], backbone["hidden_dim"] // backbone["num_heads"])
    ours, theirs = f"transformer_layer_{number}", f"encoder/layer_{number}"
    attention, output = f"{ours}/self_attention_layer", f"{theirs}/attention/output"
    specs = []
    for part in ("query", "key", "value"):
        specs += _dense(f"{attention}/{part}", f"{theirs}/attention/self/{part}", hidden, heads)
    specs += _dense(f"{attention}/attention_output", f"{output}/dense", heads, hidden)
    specs += _norm(f"{attention}_norm", f"{output}/LayerNorm", hidden[0])
    feedforward = f"{ours}/feedforward"
    specs += _dense(
        f"{feedforward}_intermediate_dense", f"{theirs}/intermediate/dense", hidden, inner
    )
    specs += _dense(f"{feedforward}_output_dense", f"{theirs}/output/dense", inner, hidden)
    specs += _norm(f"{feedforward}_layer_norm", f"{theirs}/output/LayerNorm", hidden[0])
    return specs


def _embedding(ours: str, theirs: str, rows: int, hidden: int) -> WeightSpec:
    name = f"embeddings/{theirs}_embeddings"
    shape = (rows, hidden)
    return WeightSpec(
        f"{ours}_embedding/embeddings", f"bert/{name}", f"{_dotted(name)}.weight", shape, shape
    )


def _norm(ours: str, theirs: str, hidden: int) -> list[WeightSpec]:
    shape = (hidden,)
    return [
        WeightSpec(
            f"{ours}/{part}", f"bert/{theirs}/{part}", f"{_dotted(theirs)}.{other}", shape, shape
        )
        for part, other in (("gamma", "weight"), ("beta", "bias"))
    ]


def _dense(
    ours: str, theirs: str, inputs: tuple[int, ...], outputs: tuple[int, ...]
) -> list[WeightSpec]:
    flat = (int(np.prod(inputs)), int(np.prod(outputs)))
    google, hugging_face = f"bert/{theirs}", _dotted(theirs)
    return [
        WeightSpec(
            f"{ours}/kernel", f"{google}/kernel", f"{hugging_face}.weight", inputs + outputs, flat
        ),
        WeightSpec(f"{ours}/bias", f"{google}/bias", f"{hugging_face}.bias", outputs, flat[1:]),
    ]


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


def _dotted(path: str) -> str:
    return path.replace("/layer_", "/layer.").replace("/", ".")


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
