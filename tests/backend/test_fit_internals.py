import keras
import numpy as np
import pytest

from kbert.backend import fit_internals
from tests.backend.line_model import X, fit, line

pytestmark = pytest.mark.keras


def test_set_first_epoch_and_forget_first_epoch():
    class Begin(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            fit_internals.set_first_epoch(self.model, 2)

    model = line()
    assert fit(model, Begin(), epochs=4).epoch == [2, 3]
    assert fit(model, epochs=4).epoch == [2, 3], "Keras forgets by itself: drop forget_first_epoch"
    fit_internals.forget_first_epoch(model)
    assert fit(model, epochs=1).epoch == [0]


def test_callbacks_of_fit_and_list_of_fit():
    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.begin = fit_internals.callbacks_of_fit()
            assert fit_internals.list_of_fit().callbacks == self.begin

        def on_epoch_end(self, epoch, logs=None):
            self.end = fit_internals.callbacks_of_fit()

    look, other = Look(), keras.callbacks.TerminateOnNaN()
    fit(line(), other, look)
    assert look.begin == look.end
    assert look.begin[:2] == [other, look]
    assert fit_internals.callbacks_of_fit() == []
    assert fit_internals.list_of_fit() is None


def test_model_inside_step_and_values_inside_step():
    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            model = fit_internals.model_inside_step(self)
            count, total = model.optimizer.iterations, model.metrics[0].total
            held = [
                keras.ops.copy(value)
                for value in fit_internals.values_inside_step(model, [count, total])
            ]
            if keras.backend.backend() == "jax":
                assert not model._jax_state_synced, "it has been synced"
            seen.append([float(keras.ops.convert_to_numpy(value)) for value in held])
            if batch == 1:  # afterwards the variables have the values, for one step
                model = self.model
                again = fit_internals.values_inside_step(model, [count, total])
                seen.append([float(keras.ops.convert_to_numpy(value)) for value in again])

    for wrap in (lambda optimizer: optimizer, keras.optimizers.LossScaleOptimizer):
        seen = []
        model = line(wrap(keras.optimizers.SGD(0.0)))
        loss = model.evaluate(X, X, verbose=0)
        fit(model, Look())
        expected = [[1, 2 * loss], [2, 4 * loss], [2, 4 * loss], [3, 6 * loss]]
        np.testing.assert_allclose(seen, expected, rtol=1e-5)


def test_fit_validates():
    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.validates = fit_internals.fit_validates(self.model)
            self.of_another = fit_internals.fit_validates(line())

    look, model = Look(), line()
    shapes = (model.input_shape, model.output_shape)
    data = tuple(np.ones((8, *shape[1:]), "float32") for shape in shapes)
    for arguments, expected in (
        ({}, False),
        ({"validation_data": data}, True),
        ({"validation_split": 0.5}, True),
    ):
        model.fit(*data, verbose=0, callbacks=[look], **arguments)
        assert (look.validates, look.of_another) == (expected, None)
    assert fit_internals.fit_validates(model) is None
