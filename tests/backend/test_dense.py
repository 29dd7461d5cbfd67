"""A dense layer in one kernel gives the same results as Keras's."""

import keras
import numpy as np
import pytest
from keras import ops

from kbert.backend.dense import dense
from kbert.backend.gelu import erf_gelu

pytestmark = pytest.mark.keras

INPUTS = np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")
HEADS = np.random.default_rng(1).normal(size=(3, 5, 2, 4)).astype("float32")


def built(layer, inputs):
    layer(inputs)
    for variable in layer.weights:  # biases too
        noise = np.random.default_rng(2).normal(0, 0.5, variable.shape)
        variable.assign(noise.astype("float32"))
    return layer


LAYERS = {
    "dense": (lambda **options: keras.layers.Dense(6, **options), INPUTS),
    "activation": (lambda **options: keras.layers.Dense(6, activation="relu", **options), INPUTS),
    "no bias": (lambda **options: keras.layers.Dense(6, use_bias=False, **options), INPUTS),
    "to heads": (
        lambda **options: keras.layers.EinsumDense(
            "abc,cde->abde", (None, 2, 4), bias_axes="de", **options
        ),
        INPUTS,
    ),
    "from heads": (
        lambda **options: keras.layers.EinsumDense(
            "abcd,cde->abe", (None, 6), bias_axes="e", **options
        ),
        HEADS,
    ),
    "other axes": (
        lambda **options: keras.layers.EinsumDense("abc,bd->acd", (8, 6), bias_axes="d", **options),
        INPUTS,
    ),
    "a bias of fewer axes": (
        lambda **options: keras.layers.EinsumDense(
            "abc,cde->abde", (None, 2, 4), bias_axes="e", **options
        ),
        INPUTS,
    ),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_outputs_are_those_of_the_layer(name, dtype):
    make, inputs = LAYERS[name]
    layer = built(make(dtype=dtype), inputs)
    found, expected = dense(layer, ops.convert_to_tensor(inputs)), layer(inputs)
    assert found.dtype == expected.dtype
    numbers = (ops.convert_to_numpy(ops.cast(tensor, "float32")) for tensor in (found, expected))
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype == "float32" else {"rtol": 2e-2, "atol": 5e-2}
    np.testing.assert_allclose(*numbers, **tolerance)


@pytest.mark.parametrize("name", ["dense", "to heads"])
def test_lora_and_quantized_weights_are_used(name):
    make, inputs = LAYERS[name]
    layer = built(make(), inputs)
    plain = ops.convert_to_numpy(dense(layer, ops.convert_to_tensor(inputs)))
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
    found = ops.convert_to_numpy(dense(layer, ops.convert_to_tensor(inputs)))
    assert np.abs(found - plain).max() > 1e-3
    np.testing.assert_allclose(found, ops.convert_to_numpy(layer(inputs)), rtol=1e-5, atol=1e-5)
    layer = built(make(), inputs)
    layer.quantize("int8")
    found = ops.convert_to_numpy(dense(layer, ops.convert_to_tensor(inputs)))
    np.testing.assert_array_equal(found, ops.convert_to_numpy(layer(inputs)))


def test_a_subclass_of_the_user_is_called():
    class Doubled(keras.layers.Dense):
        def call(self, inputs):
            return 2 * super().call(inputs)

    layer = built(Doubled(6), INPUTS)
    found = ops.convert_to_numpy(dense(layer, ops.convert_to_tensor(INPUTS)))
    np.testing.assert_allclose(found, ops.convert_to_numpy(layer(INPUTS)), rtol=1e-6)


@pytest.mark.parametrize("name", ["dense", "gelu", "to heads", "from heads"])
def test_gradients_are_those_of_the_layer(name):
    if name == "gelu":
        make, inputs = (lambda: keras.layers.Dense(6, activation=erf_gelu)), INPUTS
    else:
        make, inputs = LAYERS[name]
    layer = built(make(), inputs)
    found = _gradients(lambda tensor: dense(layer, tensor), layer, inputs)
    expected = _gradients(layer, layer, inputs)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def _gradients(compute, layer, inputs):
    """Return the gradients of the sum of squares with respect to the inputs and the weights."""
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        given = torch.from_numpy(inputs).requires_grad_()
        wanted = [given, *(variable.value for variable in layer.weights)]
        found = torch.autograd.grad((compute(given) ** 2).sum(), wanted)
    elif backend == "tensorflow":
        import tensorflow as tf

        given = tf.constant(inputs)
        with tf.GradientTape() as tape:
            tape.watch(given)
            loss = tf.reduce_sum(compute(given) ** 2)
        found = tape.gradient(loss, [given, *(variable.value for variable in layer.weights)])
    else:
        pytest.skip("it is Keras's own")
    return [ops.convert_to_numpy(gradient) for gradient in found]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of TensorFlow's graphs")
def test_tensorflow_fuses_product_bias_and_gelu():
    import tensorflow as tf
    from tensorflow.python.eager import context

    layer = built(keras.layers.Dense(6, activation=erf_gelu), INPUTS)
    step = tf.function(lambda x: dense(layer, x), input_signature=[tf.TensorSpec((None, None, 8))])
    context.enable_run_metadata()
    try:
        step(tf.constant(INPUTS))
        graphs = context.export_run_metadata().partition_graphs
    finally:
        context.disable_run_metadata()
    fused = [list(n.attr["fused_ops"].list.s) for g in graphs for n in g.node if "Fused" in n.op]
    assert fused == [[b"BiasAdd", b"GeluExact"]]


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="of torch")
@pytest.mark.parametrize("name", ["dense", "to heads", "from heads"])
def test_torch_computes_the_product_without_keras_operations(name, monkeypatch):
    """Each looks for symbolic arguments first, which takes longer than starting a kernel."""
    make, inputs = LAYERS[name]
    layer, given = built(make(), inputs), ops.convert_to_tensor(inputs)
    expected = ops.convert_to_numpy(layer(given))

    def refuse(*arguments, **options):
        raise AssertionError("an operation of Keras was called")

    for operation in ("reshape", "cast", "shape", "matmul", "add"):
        monkeypatch.setattr(ops, operation, refuse)
    found = dense(layer, given)
    monkeypatch.undo()
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-5, atol=1e-5)
