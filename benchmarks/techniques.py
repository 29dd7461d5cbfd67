"""The techniques that make kbert's training faster, and how to switch each off by patching.

kbert has no switches for these, since nobody wants to do without them. Only a process that ends
after its measurement is patched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.sides import BACKENDS


def without_packing() -> None:
    """Give each text its own row, in batches of texts of its length."""
    from kbert.models import text_batches

    choice = text_batches.PackingChoice

    class Grouped(choice):  # type: ignore[misc, valid-type]
        @classmethod
        def of(cls, lengths: Any, batch_size: int, asked: str = "auto", **options: Any) -> Any:
            return choice.of(lengths, batch_size, "off", **options)

    text_batches.PackingChoice = Grouped


def without_longest_text() -> None:
    """Pad batches to one of a few widths instead of to their longest text."""
    from kbert.models import text_batches

    text_batches.few_shapes = lambda model: True


def without_grouping() -> None:
    """Pad each text to the greatest length, as run_classifier.py does."""
    from kbert.data import epoch_layouts

    without_packing()
    without_longest_text()
    epoch_layouts.choose_widths = lambda *arguments, **options: np.array(
        [2**20]
    )  # then capped at the greatest length


def without_cls_alone() -> None:
    """Compute the last layer for all tokens, and take [CLS] from the result."""
    from keras import ops

    from kbert.models import bert_classifier
    from kbert.models import pooled_output as module

    pooled_output, encoder_layer = module.pooled_output, module.encoder_layer
    given: dict[str, Any] = {}

    def pooled(backbone: Any, inputs: Any, *arguments: Any, **options: Any) -> Any:
        given["inputs"] = inputs
        return pooled_output(backbone, inputs, *arguments, **options)

    def whole(
        layer: Any, rows: Any, mask: Any, training: Any, some: Any = None, **more: Any
    ) -> Any:
        inputs = given["inputs"]
        if some is None or "text_ids" not in inputs:
            return encoder_layer(layer, rows, mask, training, **more)
        texts = inputs["text_ids"]
        mask = ops.equal(texts[:, :, None], texts[:, None, :])
        result = encoder_layer(layer, rows, mask, training, **more)
        return ops.take_along_axis(result, inputs["cls_tokens"][:, :, None], axis=1)

    bert_classifier.pooled_output, module.encoder_layer = pooled, whole


def without_fused_optimizer() -> None:
    """Clip, decay and update the variables one after the other, as Keras does."""
    from kbert.optimizers import adamw, fused_adam

    adamw.update_one_adam = lambda *arguments: False
    fused_adam.update_adam = lambda *arguments: False
    fused_adam.clip_global_norm = lambda *arguments: None
    fused_adam.decay = lambda *arguments: False


def without_fused_attention() -> None:
    """Compute attention with separate operations on all pairs of tokens."""
    from kbert.backend import encoder_layer

    encoder_layer.fused_attention = lambda *arguments: None


def without_fused_bias() -> None:
    """Call dense layers as they are, with the bias in a separate operation."""
    from kbert.backend import encoder_layer

    encoder_layer.dense = lambda layer, inputs: layer(inputs)


def without_short_numbers() -> None:
    """Draw the random numbers of dropout as Keras does, except those of fused attention."""
    from kbert.backend import dropout

    dropout.dropped_levels = lambda layer: 0


def without_own_gelu() -> None:
    """Use Keras's GELU, whose gradient is computed from its parts."""
    import keras

    from kbert.models import backbones

    backbones.erf_gelu = keras.activations.gelu


def without_kept_memory() -> None:
    """Let the C library give large blocks back to the system after each step."""
    from kbert.models import text_model

    text_model.keep_freed_memory = lambda: False


@dataclass(frozen=True)
class Technique:
    """One of the ways in which kbert trains faster.

    Args:
        name: str. The name in the table.
        switch_off: function that patches kbert in this process.
        backends: tuple of str. The backends that have it. Defaults to all.
        packed: bool or None. True if it exists only with several texts per row, False if only
            without. Defaults to None: it exists with both.
    """

    name: str
    switch_off: Callable[[], None]
    backends: tuple[str, ...] = BACKENDS
    packed: bool | None = None

    def exists(self, backend: str, packed: bool) -> bool:
        """Return whether there is something to switch off."""
        return backend in self.backends and self.packed in (None, packed)


_EACH = {
    "packing": Technique("several texts in a row", without_packing, packed=True),
    "longest-text": Technique(
        "rows as wide as the batch's longest text",
        without_longest_text,
        ("tensorflow", "torch"),
        packed=False,
    ),
    "grouping": Technique(
        "batches of texts of like length (all padded to the most tokens)", without_grouping
    ),
    "cls-alone": Technique("last layer for [CLS] alone", without_cls_alone),
    "optimizer": Technique(
        "optimizer in one kernel", without_fused_optimizer, ("tensorflow", "torch")
    ),
    "attention": Technique(
        "attention a few rows at a time", without_fused_attention, ("jax", "torch")
    ),
    "bias": Technique("product and bias in one kernel", without_fused_bias, ("torch",)),
    "dropout": Technique(
        "dropout with 16 random bits a value, or on JAX a hash", without_short_numbers
    ),
    "gelu": Technique("GELU with a gradient of its own", without_own_gelu, ("tensorflow",)),
    "memory": Technique("freed memory kept", without_kept_memory),
}


def _without_all() -> None:
    import keras

    for name, technique in _EACH.items():
        # Without grouping there is neither packing nor a longest text.
        here = keras.backend.backend() in technique.backends
        if here and name not in ("packing", "longest-text"):
            technique.switch_off()


TECHNIQUES = {**_EACH, "all": Technique("all of these", _without_all)}
