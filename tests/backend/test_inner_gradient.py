import keras
import numpy as np
import pytest
from keras import ops

from kbert.backend.inner_gradient import gradient_at_zeros

pytestmark = pytest.mark.keras

FACTORS = np.array([[3.0, -1.0], [0.0, 2.0]], np.float32)


class Own(keras.Model):
    """A model whose loss contains a gradient, the computation of which changes a state."""

    def __init__(self):
        super().__init__()
        self.scale = self.add_weight(shape=(), initializer="ones")
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.built = True

    def call(self, inputs):
        return inputs * self.scale

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        def loss_at(array):
            self.calls.assign(self.calls + 1)
            return ops.sum(ops.convert_to_tensor(FACTORS) * array) * self.scale + ops.sum(
                ops.square(array)
            )

        if not training:
            return ops.sum(y_pred)
        # Its outer gradient is that of a constant, 0, whatever it depends on.
        gradient = gradient_at_zeros(loss_at, FACTORS.shape, self.non_trainable_variables)
        return ops.sum(gradient * y_pred)


def test_the_gradient_is_a_constant_inside_a_step():
    model = Own()
    model.compile(keras.optimizers.SGD(0.5), loss=None)
    x = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    model.fit(x, x, batch_size=2, verbose=0)
    assert float(ops.convert_to_numpy(model.calls.value)) == 1.0
    expected = 1 - 0.5 * (FACTORS * x).sum()
    assert float(ops.convert_to_numpy(model.scale.value)) == pytest.approx(expected)
