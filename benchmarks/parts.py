"""Names for the parts of a training step, which the backends' profilers then report.

Each part is a function or layer of kbert that is called within a scope of that name. On torch, the
scope is a profiler annotation. On TensorFlow and JAX, it is part of the names of operations and of
their gradients. The innermost scope counts.
"""

import functools
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

PARTS = {
    "dense": "matrix products of dense layers, with their bias",
    "attention": "attention: scores, softmax, means",
    "gelu": "GELU",
    "norm": "layer normalization",
    "dropout": "dropout",
    "embedding": "embedding",
    "optimizer": "optimizer, with clipping and decay",
}
REST = "everything else"
_SCOPE = re.compile(rf"part_({'|'.join(PARTS)})")


def part_of(name: str) -> str | None:
    """Return the innermost part that the name of an operation contains, if any."""
    found = _SCOPE.findall(name)
    return found[-1] if found else None


def name_parts(model: Any, scope: Callable[[str], AbstractContextManager[Any]]) -> None:
    """Let each part of a classifier run in a scope of its name."""
    from kbert.backend import encoder_layer
    from kbert.models import bert_classifier, pooled_output
    from kbert.optimizers.fused_adam import FusedAdam

    def scoped(function: Any, part: str) -> Any:
        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            with scope(f"part_{part}"):
                return function(*arguments, **options)

        return call

    encoder_layer.dense = scoped(encoder_layer.dense, "dense")
    encoder_layer._attention = scoped(encoder_layer._attention, "attention")
    for module in (encoder_layer, pooled_output, bert_classifier):
        module.dropout = scoped(module.dropout, "dropout")
    FusedAdam.apply = scoped(FusedAdam.apply, "optimizer")
    backbone = model.backbone
    layers = {
        "dense": [backbone.pooled_dense, model.get_layer("logits")],
        "norm": [backbone.embeddings_layer_norm],
        "embedding": [
            backbone.token_embedding,
            backbone.position_embedding,
            backbone.segment_embedding,
        ],
    }
    for layer in backbone.transformer_layers:
        layers["norm"] += [layer._self_attention_layer_norm, layer._feedforward_layer_norm]
        inner = layer._feedforward_intermediate_dense
        inner.activation = scoped(inner.activation, "gelu")
    for part, each in layers.items():
        for layer in each:
            layer.call = scoped(layer.call, part)
