"""Converts the weights of a model with LoRA to those of the same model without it."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kbert.backend.lora_internals import lora_parts
from kbert.models.variables import assign_variables, by_stable_name, to_arrays

_Arrays = dict[str, np.ndarray]


def lora_apart(model: Any, arrays: Mapping[str, np.ndarray]) -> tuple[_Arrays, _Arrays]:
    """Return the weights of an equivalent model without LoRA, and those that LoRA consists of.

        kernel = kernel + alpha / rank * (lora_kernel_a @ lora_kernel_b)

    Args:
        model: keras.Model.
        arrays: dict. All its weights by their stable names.

    Returns:
        Two dicts of arrays. The first has all weights, with LoRA merged. The second has LoRA's two
        matrices, and the unmerged kernels that take the place of those in the first. It is empty
        without LoRA.
    """
    plain, own = dict(arrays), _Arrays()
    names = {id(v): name for name, v in by_stable_name(model.weights).items()}
    for parts in lora_parts(model):
        base, a, b = (names[id(variable)] for variable in (parts.base, parts.a, parts.b))
        own |= {name: plain.pop(name) for name in (base, a, b)}
        plain[base] = parts.merged(own[base], own[a], own[b])
    return plain, own


def plain_arrays(model: Any) -> _Arrays:
    """Return the weights of a model by their stable names, with LoRA merged into its kernels."""
    return lora_apart(model, to_arrays(model.weights))[0]


def plain_names(model: Any) -> set[str]:
    """Return the names of a model's weights, without those of LoRA."""
    of_lora = {id(v) for parts in lora_parts(model) for v in (parts.a, parts.b)}
    return {name for name, v in by_stable_name(model.weights).items() if id(v) not in of_lora}


def assign_plain(model: Any, arrays: Mapping[str, np.ndarray], source: object) -> None:
    """Assign the weights of a model without LoRA; a LoRA of the model itself then has no effect.

    Args:
        model: keras.Model.
        arrays: dict of arrays by name.
        source: what to call the arrays in a message.
    """
    of_lora = {id(v) for parts in lora_parts(model) for v in (parts.a, parts.b)}
    assign_variables([v for v in model.weights if id(v) not in of_lora], arrays, source)
    for parts in lora_parts(model):
        parts.b.assign(keras.ops.zeros(parts.b.shape, parts.b.dtype))
