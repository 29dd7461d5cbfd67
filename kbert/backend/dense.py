"""A dense layer whose product, bias and activation are computed by few kernels."""

import math
from typing import Any

import keras
from keras import ops

from kbert.backend.gelu import erf_gelu, plain_gelu


def dense(layer: Any, inputs: Any, training: bool | None = None) -> Any:
    """Return the output of a `Dense` or `EinsumDense`, faster with TensorFlow and torch.

        activation(inputs @ kernel + bias)

    Keras adds the bias in a separate operation, which reads and writes the result once more. torch
    has a kernel for the product and the bias. TensorFlow fuses both with GELU, but only where the
    product is one of matrices, with no custom gradient in between: outside training. XLA, which
    JAX uses, does all of this itself. LoRA's weights are included. Layers that are quantized, have
    no bias or are of another class are called as they are.

    Leans on `kernel`, `bias` and `activation` of both layers (layers/core/dense.py,
    layers/core/einsum_dense.py).

    Args:
        layer: keras.layers.Dense or keras.layers.EinsumDense, built.
        inputs: tensor.
        training: bool or None. Whether a gradient will be computed; it can be computed either way.
            Defaults to None.
    """
    backend = keras.backend.backend()
    faster = backend == "torch" or (backend == "tensorflow" and not training)
    contracted = _contracted_axes(layer) if faster else 0
    if not contracted:
        return layer(inputs)
    if backend == "torch":
        return _with_torch(layer, inputs, contracted)
    kernel, bias, inputs = (
        ops.cast(tensor, layer.compute_dtype) for tensor in (layer.kernel, layer.bias, inputs)
    )
    units = kernel.shape[contracted:]
    kept = ops.shape(inputs)[: len(inputs.shape) - contracted]
    size = math.prod(kernel.shape[:contracted])
    result = _with_bias(
        ops.reshape(inputs, (-1, size)), ops.reshape(kernel, (size, -1)), ops.reshape(bias, (-1,))
    )
    activation = layer.activation
    if activation is erf_gelu:
        activation = plain_gelu
    return ops.reshape(result if activation is None else activation(result), (*kept, *units))


def _with_bias(inputs: Any, kernel: Any, bias: Any) -> Any:
    import tensorflow as tf

    return tf.nn.bias_add(tf.matmul(inputs, kernel), bias)


def _with_torch(layer: Any, inputs: Any, contracted: int) -> Any:
    """Return the same, computed with torch's own functions.

    The functions of `keras.ops` first check for symbolic arguments, which takes longer than
    launching a kernel: on a GPU a small model would wait for the CPU.
    """
    import torch

    dtype = getattr(torch, layer.compute_dtype)
    kernel, bias = (
        (each.value if isinstance(each, keras.Variable) else each).to(dtype)
        for each in (layer.kernel, layer.bias)
    )
    size = math.prod(kernel.shape[:contracted])
    result = torch.addmm(
        bias.reshape(-1), inputs.to(dtype).reshape(-1, size), kernel.reshape(size, -1)
    )
    if layer.activation is not None:
        result = layer.activation(result)
    return result.reshape(*inputs.shape[: inputs.dim() - contracted], *kernel.shape[contracted:])


def _contracted_axes(layer: Any) -> int:
    """Return how many axes the product sums over: the inputs' last, the kernel's first.

    It is 0 if the layer is to be called as it is.
    """
    if layer.bias is None or layer.quantization_mode is not None:
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
