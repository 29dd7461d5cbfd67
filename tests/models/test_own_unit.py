import keras
import numpy as np
import pytest

from kbert.models.own_unit import in_own_unit
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression

pytestmark = pytest.mark.keras


def test_regression_outputs_are_in_their_own_unit():
    outputs = keras.ops.convert_to_tensor([[0.0, 1.0], [-1.0, 0.5]])
    found = in_own_unit(outputs, Regression(mean=(3.0, 100.0), scale=(2.0, 10.0)))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), [[3, 110], [1, 105]])


@pytest.mark.parametrize("target", [Multi(), Regression()])
def test_other_outputs_stay_as_they_are(target):
    outputs = keras.ops.ones((1, 2))
    assert in_own_unit(outputs, target) is outputs
