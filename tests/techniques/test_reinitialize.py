import keras
import numpy as np
import pytest
from keras import ops

from kbert import InputError, Reinitialize

pytestmark = pytest.mark.keras


def values_of(model):
    return {v.path: ops.convert_to_numpy(v.value).copy() for v in model.weights}


def test_the_highest_layers_and_the_pooler_are_new(tiny_model):
    model = tiny_model(layers=3)
    for variable in model.weights:
        variable.assign(np.full(variable.shape, 0.3))
    keras.utils.set_random_seed(3)
    assert Reinitialize(layers=2)(model) is model
    after = values_of(model)
    new = {p for p in after if "layer_1/" in p or "layer_2/" in p or "pooled_dense" in p}
    assert len(new) == 2 * 16 + 2
    for path, array in after.items():
        if path not in new:
            assert (array == np.float32(0.3)).all(), path
        elif path.endswith("kernel"):
            # A normal distribution of deviation 0.02, cut off at two deviations, has 0.0176.
            assert np.abs(array).max() <= 0.04
            assert array.std() == pytest.approx(0.0176, rel=0.15), path
        else:
            assert (array == float(path.endswith("gamma"))).all(), path
    kernels = [after[f"transformer_layer_{n}/feedforward_output_dense/kernel"] for n in (1, 2)]
    assert (kernels[0] != kernels[1]).any()
    keras.utils.set_random_seed(3)
    again = values_of(Reinitialize(layers=2)(model))
    assert all((again[path] == after[path]).all() for path in new)


def test_the_pooler_can_stay(tiny_model):
    model = tiny_model(layers=2)
    before = values_of(model)
    after = values_of(Reinitialize(layers=1, pooler=False)(model))
    changed = {path for path in before if (before[path] != after[path]).any()}
    assert {path.split("/")[0] for path in changed} == {"transformer_layer_1"}


def test_more_layers_than_the_model_has_are_refused(tiny_model):
    message = r"The model has 2 layers, of which 3 .* Cure: kbert.Reinitialize\(layers=2\)"
    with pytest.raises(InputError, match=message):
        Reinitialize(layers=3)(tiny_model(layers=2))


def test_layers_below_0_are_refused():
    with pytest.raises(InputError, match="`layers` must be 0 or more. Received: -1"):
        Reinitialize(layers=-1)
