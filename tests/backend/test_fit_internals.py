import keras
import numpy as np
import pytest

from kbert.backend import fit_internals
from tests.backend.line_model import fit, line

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


def test_callbacks_of_fit():
    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.begin = fit_internals.callbacks_of_fit()

        def on_epoch_end(self, epoch, logs=None):
            self.end = fit_internals.callbacks_of_fit()

    look, other = Look(), keras.callbacks.TerminateOnNaN()
    fit(line(), other, look)
    assert look.begin == look.end
    assert look.begin[:2] == [other, look]
    assert fit_internals.callbacks_of_fit() == []


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
