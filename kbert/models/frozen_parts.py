"""The parts of a classifier that are not trained, as its configuration stores them."""

from collections.abc import Iterable
from typing import Any

from kbert.backend.lora_internals import lora_parts
from kbert.errors import InputError
from kbert.findings import Joined


def frozen_parts(model: Any) -> list[str]:
    """Return the names of the parts of a classifier whose `trainable` is False.

    The parts that LoRA has frozen are not among them: LoRA is merged when the model is saved, and
    the saved model is like any other.

    Args:
        model: BertClassifier.
    """
    if next(lora_parts(model), None) is not None:
        return []
    return [name for name, part in _parts(model).items() if not part.trainable]


def freeze_parts(model: Any, names: Iterable[str]) -> None:
    """Set `trainable` of all parts of a classifier: False for those that are named, else True.

    Raises:
        InputError: the classifier has no such part.
    """
    parts, frozen = _parts(model), set(names)
    if unknown := sorted(frozen - parts.keys()):
        raise InputError(
            "A classifier has no part {unknown} that could be frozen. It has: {parts}.",
            unknown=Joined(map(repr, unknown[:5])),
            parts=Joined(parts),
        )
    for name, part in parts.items():  # outer parts first: they also set the parts inside
        part.trainable = name not in frozen


def _parts(model: Any) -> dict[str, Any]:
    inner = {layer.name: layer for layer in model.backbone.layers if layer.weights}
    return {
        "model": model,
        "backbone": model.backbone,
        **inner,
        "logits": model.get_layer("logits"),
    }
