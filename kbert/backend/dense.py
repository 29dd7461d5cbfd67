"""A dense layer whose product and bias are computed by one kernel."""

import math
from typing import Any

import keras
from keras import ops


def dense(layer: Any, inputs: Any) -> Any:
    """Return what a `Dense` or `EinsumDense` gives, sooner with torch.

        activation(inputs @ kernel + bias)

    There Keras adds the bias in an operation of its own, which reads and writes the result once
    more. TensorFlow and JAX fuse the two themselves. LoRA's weights count, and layers that are
    quantized, without a bias or of another class are called as they are.

    Leans on `kernel`, `bias` and `activation` of both layers (layers/core/dense.py,
    layers/core/einsum_dense.py).

    Args:
        layer: keras.layers.Dense or keras.layers.EinsumDense, built.
        inputs: tensor.
    """
    contracted = _contracted_axes(layer)
    if not contracted:
        return layer(inputs)
    import torch

    kernel, bias, inputs = (
        ops.cast(tensor, layer.compute_dtype) for tensor in (layer.kernel, layer.bias, inputs)
    )
    units = kernel.shape[contracted:]
    kept = inputs.shape[: inputs.ndim - contracted]
    size = math.prod(kernel.shape[:contracted])
    result = torch.addmm(bias.reshape(-1), inputs.reshape(-1, size), kernel.reshape(size, -1))
    result = result.view(*kept, *units)
    return result if layer.activation is None else layer.activation(result)


def _contracted_axes(layer: Any) -> int:
    """Return how many axes the product sums over: the inputs' last, the kernel's first.

    It is 0 where the layer is to be called as it is.
    """
    plain = layer.bias is not None and layer.quantization_mode is None
    if keras.backend.backend() != "torch" or not plain:
        return 0
    if type(layer) is keras.layers.Dense:
        return 1
    if type(layer) is not keras.layers.EinsumDense:
        return 0
    given, result = layer.equation.split("->")
    inputs, kernel = given.split(",")
    axes = len(inputs) - sum(axis in result for axis in inputs)
    same = inputs[len(inputs) - axes :] == kernel[:axes]
    whole = result == inputs[: len(inputs) - axes] + kernel[axes:]
    return axes if same and whole and layer.bias.shape == layer.kernel.shape[axes:] else 0
