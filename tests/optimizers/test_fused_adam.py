import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from kbert import AdamW, BertAdam
from kbert.optimizers import adamw, fused_adam

pytestmark = pytest.mark.keras

SHAPES = {"table": (50, 8), "dense/kernel": (8, 2, 4), "dense/bias": (4,), "scale": ()}
BETAS = (0.9, 0.999)


def gradients(steps, seed=1):
    random = np.random.default_rng(seed)
    for _ in range(steps):
        scale = 10.0 ** random.integers(-3, 2)  # some are clipped, some are not
        yield [np.float32(scale * random.normal(size=shape)) for shape in SHAPES.values()]


def new_variables():
    random = np.random.default_rng(0)
    return [
        keras.Variable(random.normal(size=shape).astype("float32"), name=name.replace("/", "_"))
        for name, shape in SHAPES.items()
    ]


def values(variables):
    return [ops.convert_to_numpy(variable.value) for variable in variables]


def trained(optimizer, steps=20):
    variables = new_variables()
    optimizer.build(variables)
    for arrays in gradients(steps):
        optimizer.apply([ops.convert_to_tensor(array) for array in arrays], variables)
    return values(variables)


def by_hand(kind, rate, epsilon, steps=20):
    """The formula in the docstrings, in float64."""
    weights = [array.astype("float64") for array in values(new_variables())]
    m, v = ([np.zeros_like(w) for w in weights] for _ in range(2))
    b1, b2 = BETAS
    for t, arrays in enumerate(gradients(steps), 1):
        norm = np.sqrt(sum((array.astype("float64") ** 2).sum() for array in arrays))
        for i, array in enumerate(arrays):
            g = array / max(norm, 1.0)
            m[i] = b1 * m[i] + (1 - b1) * g
            v[i] = b2 * v[i] + (1 - b2) * g**2
            weights[i] -= rate * 0.01 * weights[i]
            corrected = np.sqrt(1 - b2**t) / (1 - b1**t) if kind is AdamW else 1.0
            weights[i] -= rate * corrected * m[i] / (np.sqrt(v[i]) + epsilon)
    return weights


def clip_as_keras(gradients, limit):
    optimizer = keras.optimizers.SGD(global_clipnorm=limit)
    return optimizer._clip_gradients(gradients), 0.0


def without_kernels(monkeypatch):
    monkeypatch.setattr(fused_adam, "update_adam", lambda *arguments: False)
    monkeypatch.setattr(adamw, "update_one_adam", lambda *arguments: False)
    monkeypatch.setattr(fused_adam, "clip_global_norm", clip_as_keras)
    monkeypatch.setattr(fused_adam, "decay", lambda *arguments: False)


@pytest.mark.parametrize("kernels", [True, False], ids=["kernel", "loop"])
@pytest.mark.parametrize(("kind", "epsilon"), [(AdamW, 1e-8), (BertAdam, 1e-6)])
def test_twenty_steps_match_the_formula(kind, epsilon, kernels, monkeypatch):
    if not kernels:
        without_kernels(monkeypatch)
    found = trained(kind(1e-2, global_clipnorm=1.0, exclude=()))
    for array, expected in zip(found, by_hand(kind, 1e-2, epsilon), strict=True):
        np.testing.assert_allclose(array, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX has the loop alone")
@pytest.mark.parametrize("kind", [AdamW, BertAdam])
@pytest.mark.parametrize("more", [{}, {"gradient_accumulation_steps": 3}], ids=str)
def test_the_kernel_and_the_loop_give_the_same_weights(kind, more, monkeypatch):
    fused = trained(kind(1e-2, global_clipnorm=1.0, **more))
    without_kernels(monkeypatch)
    for one, other in zip(fused, trained(kind(1e-2, global_clipnorm=1.0, **more)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_the_kernels_are_used(monkeypatch):
    """So the test above does compare two ways. JAX has only one."""
    calls = []
    monkeypatch.setattr(
        keras.optimizers.Adam, "update_step", lambda *arguments: calls.append(arguments)
    )
    trained(AdamW(1e-2), steps=1)
    assert len(calls) == (len(SHAPES) if keras.backend.backend() == "jax" else 0)


def test_other_dtypes_and_amsgrad_use_the_loop():
    for settings, dtype in [({"amsgrad": True}, "float32"), ({}, "bfloat16")]:
        ours = keras.Variable(np.ones((2, 3)), dtype=dtype, name="kernel")
        theirs = keras.Variable(np.ones((2, 3)), dtype=dtype, name="kernel")
        gradient = ops.convert_to_tensor(np.arange(6.0).reshape(2, 3), dtype)
        settings = {"weight_decay": 0.01, "epsilon": 1e-8, **settings}
        for optimizer, variable in [
            (AdamW(0.1, **settings), ours),
            (keras.optimizers.AdamW(0.1, **settings), theirs),
        ]:
            for _ in range(3):
                optimizer.apply([gradient], [variable])
        np.testing.assert_allclose(*(np.float32(values([v])[0]) for v in (ours, theirs)), rtol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="a private kernel of torch")
def test_a_torch_without_the_kernel_uses_the_loop(monkeypatch):
    import torch

    fused = trained(AdamW(1e-2))
    without = SimpleNamespace(**{k: v for k, v in vars(torch).items() if k != "_fused_adam_"})
    monkeypatch.setitem(sys.modules, "torch", without)
    for one, other in zip(fused, trained(AdamW(1e-2)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_non_finite_norm_makes_every_weight_nan():
    """As in Keras: clipping does not hide an infinite gradient."""
    variables = [keras.Variable(np.ones(2, "float32"), name="kernel") for _ in range(2)]
    gradients = [ops.convert_to_tensor(np.array(g, "float32")) for g in ([1, 1], [1, np.inf])]
    AdamW(0.1, global_clipnorm=1.0).apply(gradients, variables)
    assert all(np.isnan(array).all() for array in values(variables))


@pytest.mark.parametrize("kind", [AdamW, BertAdam])
@pytest.mark.parametrize("steps", [1, 2])
def test_the_norm_is_of_the_update_before_clipping(kind, steps):
    together = {} if steps == 1 else {"gradient_accumulation_steps": steps}
    optimizer = kind(0.1, global_clipnorm=1.0, **together)
    variable = keras.Variable(np.zeros(2, "float32"), name="kernel")
    optimizer.build([variable])
    found = []
    for gradient in ([3, 4], [0, 2], [0.3, 0.4], [0.3, 0]):
        optimizer.apply([ops.convert_to_tensor(np.float32(gradient))], [variable])
        found.append(float(ops.convert_to_numpy(optimizer.gradient_norm)))
    # For two batches it is the norm of their mean: of (1.5, 3) and (0.3, 0.2).
    expected = [5, 2, 0.5, 0.3] if steps == 1 else [0, 11.25**0.5, 11.25**0.5, 0.13**0.5]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("kind", [AdamW, BertAdam])
def test_the_norm_is_not_saved(kind):
    """So files saved before there was one can be loaded, and the other way round."""
    optimizer, plain = kind(0.1, global_clipnorm=1.0), kind(0.1, global_clipnorm=None)
    stores = []
    for one in (optimizer, plain):
        variable = keras.Variable(np.ones(2, "float32"), name="kernel")
        one.build([variable])
        one.apply([ops.convert_to_tensor(np.float32([1, 0]))], [variable])
        one.save_own_variables(store := {})
        stores.append(store)
    assert plain.gradient_norm is None
    assert list(stores[0]) == list(stores[1])
    again = kind(0.1, global_clipnorm=1.0)
    again.build([keras.Variable(np.ones(2, "float32"), name="kernel")])
    again.load_own_variables(stores[0])
    for one, other in zip(optimizer.variables, again.variables, strict=True):
        if one is not optimizer.gradient_norm:
            np.testing.assert_array_equal(*values([one, other]))
    with pytest.warns(UserWarning, match="Skipping variable loading"):
        again.load_own_variables({"0": np.zeros(())})
