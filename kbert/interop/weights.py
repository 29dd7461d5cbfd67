"""The weights of a BERT classifier: what kbert, Google and Hugging Face call and how they lay them.

Dense kernels are [inputs, outputs] with Google, [outputs, inputs] with Hugging Face; the head's is
[outputs, inputs] with both. With kbert the attention's have an axis for the heads.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

Form = Literal["google", "hugging_face", "keras_hub", "kbert"]
# keras-hub's files count the layers of a class, and the variables of a layer.
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
class Weight:
    """A weight's names, its shape with kbert, and without an axis for the heads.

    Example:

    ```python
    kernel = Weight("logits/kernel", "output_weights", "classifier.weight", (8, 2), (8, 2))
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

    def from_google(self, array: np.ndarray) -> np.ndarray:
        """Return Google's array as kbert has it."""
        return (array.T if self._is_head else array).reshape(self.shape)

    def to_google(self, array: np.ndarray) -> np.ndarray:
        """Return kbert's array as Google has it."""
        return array.reshape(self.flat).T if self._is_head else array.reshape(self.flat)

    def from_hugging_face(self, array: np.ndarray) -> np.ndarray:
        """Return Hugging Face's array as kbert has it."""
        return (array.T if self.is_kernel else array).reshape(self.shape)

    def to_hugging_face(self, array: np.ndarray) -> np.ndarray:
        """Return kbert's array as Hugging Face has it."""
        return array.reshape(self.flat).T if self.is_kernel else array.reshape(self.flat)

    def name_in(self, form: Form) -> str:
        """Return what a form calls the weight."""
        if form == "keras_hub":
            return _keras_hub_name(self.name)
        return {"google": self.google, "hugging_face": self.hugging_face}.get(form, self.name)

    def shape_in(self, form: Form) -> tuple[int, ...]:
        """Return the shape that a form's array has."""
        if form in ("keras_hub", "kbert"):
            return self.shape
        turned = self._is_head if form == "google" else self.is_kernel
        return self.flat[::-1] if turned else self.flat

    def taken_from(self, form: Form, array: np.ndarray) -> np.ndarray:
        """Return a form's array as kbert has it."""
        if form in ("keras_hub", "kbert"):
            return array
        return self.from_google(array) if form == "google" else self.from_hugging_face(array)

    @property
    def _is_head(self) -> bool:
        return self.name == "logits/kernel"


def weight_specs(backbone: Mapping[str, int], labels: int = 0) -> list[Weight]:
    """Return the weights of an encoder with its pooler, and of a head if there are labels.

    Args:
        backbone: the arguments of keras-hub's `BertBackbone`.
        labels: int. Defaults to 0: no head.
    """
    hidden, inner = backbone["hidden_dim"], backbone["intermediate_dim"]
    split = (backbone["num_heads"], hidden // backbone["num_heads"])
    found = [
        _embedding("token", "word", backbone["vocabulary_size"], hidden),
        _embedding("position", "position", backbone["max_sequence_length"], hidden),
        _embedding("segment", "token_type", backbone["num_segments"], hidden),
        *_norm("embeddings_layer_norm", "embeddings/LayerNorm", hidden),
    ]
    for number in range(backbone["num_layers"]):
        ours, theirs = f"transformer_layer_{number}", f"encoder/layer_{number}"
        attention = f"{ours}/self_attention_layer"
        for part in ("query", "key", "value"):
            found += _dense(
                f"{attention}/{part}", f"{theirs}/attention/self/{part}", (hidden,), split
            )
        found += [
            *_dense(
                f"{attention}/attention_output",
                f"{theirs}/attention/output/dense",
                split,
                (hidden,),
            ),
            *_norm(f"{attention}_norm", f"{theirs}/attention/output/LayerNorm", hidden),
            *_dense(
                f"{ours}/feedforward_intermediate_dense",
                f"{theirs}/intermediate/dense",
                (hidden,),
                (inner,),
            ),
            *_dense(
                f"{ours}/feedforward_output_dense", f"{theirs}/output/dense", (inner,), (hidden,)
            ),
            *_norm(f"{ours}/feedforward_layer_norm", f"{theirs}/output/LayerNorm", hidden),
        ]
    found += _dense("pooled_dense", "pooler/dense", (hidden,), (hidden,))
    if labels:
        sizes = (hidden, labels)
        found += [
            Weight("logits/kernel", "output_weights", "classifier.weight", sizes, sizes),
            Weight("logits/bias", "output_bias", "classifier.bias", (labels,), (labels,)),
        ]
    return found


def _embedding(ours: str, theirs: str, rows: int, hidden: int) -> Weight:
    name = f"embeddings/{theirs}_embeddings"
    shape = (rows, hidden)
    return Weight(
        f"{ours}_embedding/embeddings", f"bert/{name}", f"{_dotted(name)}.weight", shape, shape
    )


def _norm(ours: str, theirs: str, hidden: int) -> list[Weight]:
    return [
        Weight(
            f"{ours}/{part}",
            f"bert/{theirs}/{part}",
            f"{_dotted(theirs)}.{other}",
            *[(hidden,)] * 2,
        )
        for part, other in (("gamma", "weight"), ("beta", "bias"))
    ]


def _dense(
    ours: str, theirs: str, inputs: tuple[int, ...], outputs: tuple[int, ...]
) -> list[Weight]:
    flat = (int(np.prod(inputs)), int(np.prod(outputs)))
    sizes = {"kernel": ((*inputs, *outputs), flat), "bias": (outputs, flat[1:])}
    return [
        Weight(
            f"{ours}/{part}",
            f"bert/{theirs}/{part}",
            f"{_dotted(theirs)}.{'weight' if part == 'kernel' else 'bias'}",
            *sizes[part],
        )
        for part in sizes
    ]


def _keras_hub_name(ours: str) -> str:
    """Return where a weight stands in the files of keras-hub, without leading underscores."""
    layer, *parts, variable = ours.split("/")
    number = re.fullmatch(r"transformer_layer_(\d+)", layer)
    if number:
        layer = "transformer_encoder" + (f"_{number[1]}" if number[1] != "0" else "")
    layers = [_KERAS_HUB_LAYERS.get(layer, layer), *(_KERAS_HUB_PARTS.get(p, p) for p in parts)]
    return "/".join(("layers", *layers, "vars", "01"[variable in ("bias", "beta")]))


def _dotted(path: str) -> str:
    return path.replace("/layer_", "/layer.").replace("/", ".")
