import keras
import numpy as np
import pytest

from kbert import EpochEvaluation, InputError, RunCheckpoint

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # before the first step

X, Y = np.zeros((4, 2), "float32"), np.array([0, 1, 0, 1])


def fit(swap, callback):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(use_ema=True, ema_momentum=0.5), loss)
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[swap, callback])


@pytest.fixture(params=["evaluation", "checkpoint"])
def callback(request, tmp_path):
    if request.param == "evaluation":
        return EpochEvaluation(dev=(X, Y), verbose=0)
    return RunCheckpoint(tmp_path / "checkpoints")


def test_averages_left_in_the_model_are_refused_before_the_first_step(callback, tmp_path):
    with pytest.raises(InputError, match="exchanges the weights .* Cure: leave the callback out"):
        fit(keras.callbacks.SwapEMAWeights(swap_on_epoch=True), callback)
    assert not (tmp_path / "checkpoints").exists()


def test_averages_only_for_keras_evaluation_are_allowed(callback):
    fit(keras.callbacks.SwapEMAWeights(), callback)
