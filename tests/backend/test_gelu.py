import math

import keras
import numpy as np
import pytest
from keras import ops

from kbert.backend.gelu import erf_gelu, plain_gelu

pytestmark = pytest.mark.keras

X = np.linspace(-6, 6, 301).astype("float32")


def by_hand(x):
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def slope(x):
    density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return 0.5 * (1 + math.erf(x / math.sqrt(2))) + x * density


@pytest.mark.parametrize("gelu", [erf_gelu, plain_gelu])
@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-6), ("bfloat16", 0.03)])
def test_values(gelu, dtype, bound):
    found = ops.convert_to_numpy(ops.cast(gelu(ops.cast(X, dtype)), "float32"))
    np.testing.assert_allclose(found, [by_hand(float(x)) for x in X], rtol=0, atol=bound)


@pytest.mark.parametrize("gelu", [erf_gelu, plain_gelu])
def test_gradients_by_a_step_of_sgd(gelu):
    layer = keras.layers.Dense(1, use_bias=False, activation=gelu)
    for x in (-3.0, -0.7, 0.0, 0.5, 2.0):
        model = keras.Sequential([keras.layers.Input((1,)), layer])
        layer.kernel.assign([[x]])
        model.compile(keras.optimizers.SGD(1.0), loss=lambda true, predicted: predicted)
        model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
        assert x - float(ops.convert_to_numpy(layer.kernel)[0, 0]) == pytest.approx(
            slope(x), abs=1e-5
        )
