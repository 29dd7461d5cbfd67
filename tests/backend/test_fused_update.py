"""Adam's update, weight decay and clipping by the kernels of the backends that have them."""

import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from kbert.backend.fused_update import clip_global_norm, decay, update_adam, update_one_adam

pytestmark = pytest.mark.keras

BACKEND = keras.backend.backend()
ON_TORCH = pytest.mark.skipif(BACKEND != "torch", reason="a matter of torch alone")
SETTINGS = (0.1, 0.9, 0.99, 1e-6)  # the rate, both betas, epsilon
SHAPES = [(2, 3), (4,), ()]


def variables(kind=np.ones, dtype="float32"):
    return [keras.Variable(kind(shape), dtype=dtype, name="weight") for shape in SHAPES]


def tensors(seed=0, dtype="float32"):
    random = np.random.default_rng(seed)
    return [ops.convert_to_tensor(random.normal(size=shape), dtype) for shape in SHAPES]


def values(tensors):
    return [np.asarray(ops.convert_to_numpy(ops.cast(t, "float32"))) for t in tensors]


def updated(steps, update):
    """The weights and moments after some steps, each with different gradients."""
    weights, first, second = variables(), variables(np.zeros), variables(np.zeros)
    for step in range(steps):
        update(weights, tensors(step), list(zip(first, second, strict=True)))
    return [values(v.value for v in part) for part in (weights, first, second)]


def by_hand(steps):
    """The formula of the docstring, in float64."""
    rate, b1, b2, epsilon = SETTINGS
    weights = [np.ones(shape) for shape in SHAPES]
    first, second = ([np.zeros(shape) for shape in SHAPES] for _ in range(2))
    for step in range(steps):
        for i, gradient in enumerate(values(tensors(step))):
            first[i] = b1 * first[i] + (1 - b1) * gradient
            second[i] = b2 * second[i] + (1 - b2) * gradient.astype("float64") ** 2
            weights[i] = weights[i] - rate * first[i] / (np.sqrt(second[i]) + epsilon)
    return [weights, first, second]


def together(weights, gradients, moments):
    rate = ops.convert_to_tensor(SETTINGS[0], "float32")
    assert update_adam(weights, gradients, moments, rate, *SETTINGS[1:]) == (BACKEND == "torch")


def one_by_one(weights, gradients, moments):
    rate = ops.convert_to_tensor(SETTINGS[0], "float32")
    for weight, gradient, pair in zip(weights, gradients, moments, strict=True):
        done = update_one_adam(weight, gradient, *pair, rate, *SETTINGS[1:])
        assert done == (BACKEND == "tensorflow")


@pytest.mark.parametrize(
    ("update", "backend"),
    [(together, "torch"), (one_by_one, "tensorflow")],
    ids=["together", "one-by-one"],
)
def test_an_update_follows_the_formula_or_does_nothing(update, backend):
    steps = 3 if backend == BACKEND else 0  # on another backend nothing has changed
    for found, expected in zip(updated(3, update), by_hand(steps), strict=True):
        for array, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(array, other, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("update", [update_adam, update_one_adam])
def test_variables_of_another_dtype_are_left_unchanged(update):
    weights, moments = variables(dtype="bfloat16"), variables(np.zeros, dtype="bfloat16")
    rate, gradients = ops.convert_to_tensor(0.1), tensors(dtype="bfloat16")
    if update is update_adam:
        pairs = list(zip(moments, moments, strict=True))
        assert not update_adam(weights, gradients, pairs, rate, *SETTINGS[1:])
    else:
        weight, moment = weights[0], moments[0]
        assert not update_one_adam(weight, gradients[0], moment, moment, rate, *SETTINGS[1:])
    assert all(np.all(array == 1) for array in values(w.value for w in weights))
    assert all(np.all(array == 0) for array in values(m.value for m in moments))


@pytest.mark.skipif(BACKEND == "jax", reason="JAX has no kernel here")
@pytest.mark.parametrize("steps", [1, 3])
def test_gradients_of_another_dtype_are_accepted(steps):
    """A narrow gradient gives the same update as its float32 values."""
    found = []
    for dtype in ("float16", "float32"):
        weights, first, second = variables(), variables(np.zeros), variables(np.zeros)
        pairs = list(zip(first, second, strict=True))
        for step in range(steps):
            gradients = [ops.cast(each, dtype) for each in tensors(step, "float16")]
            (together if BACKEND == "torch" else one_by_one)(weights, gradients, pairs)
        found.append(values(w.value for w in weights))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@ON_TORCH
def test_a_transposed_gradient_is_read_by_its_shape_and_unchanged():
    import torch

    found = []
    array = np.arange(6, dtype="float32").reshape(3, 2)
    for gradient in (torch.tensor(array).t(), torch.tensor(array.T.copy())):
        weight, first, second = (keras.Variable(np.ones((2, 3)), dtype="float32") for _ in range(3))
        (clipped,), _ = clip_global_norm([gradient], 1.0)
        assert update_adam([weight], [clipped], [(first, second)], torch.tensor(0.1), 0.9, 0.9, 1.0)
        np.testing.assert_array_equal(gradient.numpy(), array.T)
        found.append(values([weight.value])[0])
    np.testing.assert_array_equal(*found)
    assert len(np.unique(found[0])) == 6


@ON_TORCH
def test_a_torch_without_the_kernel_changes_nothing(monkeypatch):
    import torch

    without = SimpleNamespace(**{k: v for k, v in vars(torch).items() if k != "_fused_adam_"})
    weights, moments = variables(), variables(np.zeros)
    gradients, rate = tensors(), torch.tensor(0.1)
    pairs = list(zip(moments, moments, strict=True))
    monkeypatch.setitem(sys.modules, "torch", without)
    assert not update_adam(weights, gradients, pairs, rate, *SETTINGS[1:])
    monkeypatch.undo()
    assert all(np.all(array == 1) for array in values(w.value for w in weights))


def test_all_weights_decay_by_a_share_of_themselves():
    weights = variables(lambda shape: np.full(shape, 2.0))
    share = ops.convert_to_tensor(0.25, "float32")
    assert decay(weights, share) == (BACKEND == "torch")
    expected = 1.5 if BACKEND == "torch" else 2.0
    assert all(np.all(array == expected) for array in values(w.value for w in weights))
    assert decay([], share) == (BACKEND == "torch")
    narrow = variables(dtype="bfloat16")
    assert not decay(narrow, share)
    assert all(np.all(array == 1) for array in values(w.value for w in narrow))


@pytest.mark.parametrize(
    ("limit", "scale"), [(1.0, 1 / 5), (2.5, 1 / 2), (5.0, 1.0), (9.0, 1.0)], ids=str
)
def test_gradients_are_scaled_to_a_joint_norm(limit, scale):
    """The joint norm of the gradients (3) and (0, 4) is 5."""
    arrays = [np.float32([3.0]), np.float32([0.0, 4.0])]
    gradients = [ops.convert_to_tensor(array) for array in arrays]
    found, norm = clip_global_norm(gradients, limit)
    np.testing.assert_allclose(values([norm])[0], 5.0, rtol=1e-6)
    for array, gradient, before in zip(values(found), gradients, arrays, strict=True):
        np.testing.assert_allclose(array, scale * before, rtol=1e-6)
        np.testing.assert_array_equal(values([gradient])[0], before)


@pytest.mark.skipif(BACKEND == "torch", reason="it sums in another order")
def test_scaled_gradients_have_the_bits_of_keras():
    random = np.random.default_rng(3)
    gradients = [ops.convert_to_tensor(random.normal(size=9).astype("float32")) for _ in range(3)]
    optimizer = keras.optimizers.SGD(global_clipnorm=0.3)
    pairs = zip(
        clip_global_norm(gradients, 0.3)[0], optimizer._clip_gradients(gradients), strict=True
    )
    for ours, theirs in pairs:
        np.testing.assert_array_equal(*values([ours, theirs]))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_norm_that_is_not_finite_makes_every_gradient_nan(value):
    gradients = [ops.convert_to_tensor(np.float32(g)) for g in ([1, 1], [1, value])]
    assert all(np.isnan(array).all() for array in values(clip_global_norm(gradients, 1.0)[0]))
