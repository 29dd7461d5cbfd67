"""What kbert needs of Keras's LoRA beyond its public API.

Each function names what it leans on, as of keras 3.15 and keras-hub 0.32, and has a test of its
own in tests/backend/test_lora_internals.py, which fails by name when these change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LoraParts:
    """The variables of a layer with LoRA, whose kernel is `base + scale * (a @ b)`.

    Args:
        base: variable. The kernel, or the embeddings, without LoRA.
        a: variable. Its shape is that of `base`, except for the last axis, which is the rank.
        b: variable [rank, last axis of base].
        scale: float.
    """

    base: Any
    a: Any
    b: Any
    scale: float

    def merged(self, base: Any, a: Any, b: Any) -> Any:
        """Return the kernel for given values of the three variables, in their precision."""
        return base + base.dtype.type(self.scale) * (a @ b)


def lora_parts(model: Any) -> Iterator[LoraParts]:
    """Yield the variables of each layer of a model that has LoRA.

    Keras's own `kernel` is rounded to the layer's compute dtype. Leans on `_flatten_layers`
    (layers/layer.py), on `_kernel`, `lora_kernel_a`, `lora_kernel_b`, `lora_alpha` and `lora_rank`
    of Dense and EinsumDense (layers/core/dense.py, layers/core/einsum_dense.py), and on the same
    attributes of embeddings (layers/core/embedding.py).
    """
    for layer in model._flatten_layers():
        if not getattr(layer, "lora_enabled", False):
            continue
        name = "kernel" if hasattr(layer, "lora_kernel_a") else "embeddings"
        a, b = (getattr(layer, f"lora_{name}_{part}") for part in "ab")
        yield LoraParts(getattr(layer, f"_{name}"), a, b, layer.lora_alpha / layer.lora_rank)


def enable_lora(backbone: Any, rank: int, alpha: float) -> None:
    """Enable LoRA for the queries and values of a keras-hub backbone, and freeze the rest.

    keras-hub's `enable_lora` has no `alpha`, and trains the biases of these layers. Leans on
    `default_lora_layer_names` and `layer.enable_lora(rank)` (models/backbone.py).
    """
    backbone.enable_lora(rank)
    for layer in backbone._flatten_layers(include_self=False):
        if getattr(layer, "lora_enabled", False):
            layer.lora_alpha = alpha
            layer.bias.trainable = False
