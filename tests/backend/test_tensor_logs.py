"""Which callbacks `fit` hands the logs of a step as tensors."""

import threading

import keras
import pytest

from kbert.backend.tensor_logs import hand_over_tensors
from tests.backend.line_model import X, fit, line

pytestmark = pytest.mark.keras


class Told(keras.callbacks.Callback):
    """Keeps the losses that it receives, and the threads it runs in."""

    def __init__(self, **attributes):
        super().__init__()
        vars(self).update(attributes)
        self.losses, self.threads = [], set()

    def on_train_begin(self, logs=None):
        hand_over_tensors()

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])
        self.threads.add(threading.current_thread())


class Older(keras.callbacks.Callback):
    """Uses the older name of the same method."""

    def on_batch_end(self, batch, logs=None):
        assert isinstance(logs["loss"], float)


FUNCTION = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)


@pytest.mark.parametrize(
    ("attributes", "more", "tensors"),
    [
        ({"takes_tensors": True}, [], True),
        ({}, [], False),
        ({"takes_tensors": True}, [keras.callbacks.EarlyStopping("loss")], True),
        ({"takes_tensors": True}, [keras.callbacks.TerminateOnNaN()], False),
        ({"takes_tensors": True}, [Older()], False),
        ({"takes_tensors": True}, [FUNCTION], False),
    ],
    ids=["tensors", "numbers", "epochs-alone", "one-needs-numbers", "older", "function"],
)
def test_hand_over_tensors(attributes, more, tensors):
    told = Told(**attributes)
    history = fit(line(), told, *more).history
    assert [keras.ops.is_tensor(loss) for loss in told.losses] == [tensors] * 3
    assert [isinstance(loss, float) for loss in told.losses] == [not tensors] * 3
    last = float(keras.ops.convert_to_numpy(told.losses[-1]))
    assert history["loss"] == pytest.approx([last])


def test_hand_over_tensors_to_a_single_callback_in_the_main_thread():
    told = Told(takes_tensors=True)
    line().fit(X, X, 2, verbose=0, callbacks=told)
    assert len(told.losses) == 3
    assert told.threads == {threading.main_thread()}
    hand_over_tensors()  # outside a fit it does nothing
