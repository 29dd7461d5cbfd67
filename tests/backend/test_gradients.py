import keras
import numpy as np
import pytest

from kbert import AdamW, BertAdam
from kbert.backend.gradients import summed

pytestmark = pytest.mark.keras


def test_leaves_dense_gradients_and_none():
    dense = keras.ops.ones((2, 3))
    kept, nothing = summed([dense, None])
    assert keras.ops.convert_to_numpy(kept).tolist() == [[1.0] * 3] * 2
    assert nothing is None


@pytest.mark.parametrize("optimizer", [AdamW, BertAdam])
def test_gradients_of_a_repeated_token_are_summed(optimizer):
    # The loss is the mean of all outputs, so the gradient of row 1 is 2/3 and that of row 2 1/3.
    model = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Embedding(4, 1)])
    chosen = optimizer(0.1, global_clipnorm=None)
    model.compile(chosen, loss=lambda true, predicted: keras.ops.mean(predicted))
    model.fit(np.array([[1, 1, 2]]), np.zeros((1, 3, 1)), epochs=1, verbose=0)
    second_moment = [v for v in chosen.variables if v.path.endswith(("velocity", "adam_v"))]
    expected = 0.001 * np.square([[0.0], [2 / 3], [1 / 3], [0.0]])
    found = keras.ops.convert_to_numpy(second_moment[0].value)
    # TensorFlow's kernel computes 1 - b2 in float32, which is 1.3e-5 less than 0.001.
    assert found == pytest.approx(expected, rel=2e-5, abs=1e-12)
