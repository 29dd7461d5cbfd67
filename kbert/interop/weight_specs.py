"""The weights of a BERT encoder and of the head on it, one by one."""

from collections.abc import Mapping

import numpy as np

from kbert.interop.weights import WeightSpec

KERNEL, BIAS = "logits/kernel", "logits/bias"
"""kbert's names of the head's weights."""


def weight_specs(
    backbone: Mapping[str, int], labels: int = 0, *, pooler: bool = True
) -> list[WeightSpec]:
    """Return the weights of an encoder with its pooler, and of a head if there are labels.

    Args:
        backbone: the arguments of keras-hub's `BertBackbone`.
        labels: int. Defaults to 0: no head.
        pooler: bool. Whether the encoder has a pooler. Defaults to True.
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
    if pooler:
        specs += _dense("pooled_dense", "pooler/dense", (hidden,), (hidden,))
    if labels:
        shape = (hidden, labels)
        specs += [
            WeightSpec(KERNEL, "output_weights", "classifier.weight", shape, shape),
            WeightSpec(BIAS, "output_bias", "classifier.bias", (labels,), (labels,)),
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


def _dotted(path: str) -> str:
    return path.replace("/layer_", "/layer.").replace("/", ".")
