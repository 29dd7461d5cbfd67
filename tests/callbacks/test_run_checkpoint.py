import json

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file

from kbert import RunCheckpoint, TrainingPlan, create_optimizer
from kbert.models.checkpoint import restore_checkpoint
from kbert.models.checkpoint_position import Position, read_position
from kbert.models.model_directory import arrays_of

pytestmark = pytest.mark.keras

PLAN = TrainingPlan(12, batch_size=4, epochs=3, learning_rate=1e-2)
X = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


class Reader(keras.callbacks.Callback):
    """Reads what stands in the folder after each epoch, and what the model then holds."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        model = self.model
        arrays = {**arrays_of(model.variables), **arrays_of(model.optimizer.variables)}
        files = [load_file(self.folder / f"{n}.safetensors") for n in ("model", "optimizer")]
        self.seen.append((read_position(self.folder), {**files[0], **files[1]}, arrays))


def make_model():
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="line")], name="plain")
    model.compile(create_optimizer(PLAN), loss="mse")
    return model


def fit(model, folder, **arguments):
    reader = Reader(folder / "last")
    callbacks = [RunCheckpoint(folder, PLAN), reader]
    settings = {"epochs": 3, "shuffle": False, "verbose": 0, **arguments}
    model.fit(X, Y, batch_size=4, callbacks=callbacks, **settings)
    return reader.seen


def test_after_each_epoch_last_holds_the_state(tmp_path):
    seen = fit(make_model(), tmp_path / "new" / "checkpoints")
    positions, files, states = zip(*seen, strict=True)
    plan = json.loads(json.dumps(PLAN.__dict__))
    assert positions == tuple(Position(n, 12 * n, plan) for n in (1, 2, 3))
    assert TrainingPlan(**positions[-1].plan) == PLAN
    assert [int(arrays["adamw/iteration"]) for arrays in files] == [3, 6, 9]
    for arrays, state in zip(files, states, strict=True):
        assert sorted(arrays) == sorted(state)
        for path, array in arrays.items():
            np.testing.assert_array_equal(array, state[path], err_msg=path)
    assert np.any(files[0]["plain/line/kernel"] != files[1]["plain/line/kernel"])


def test_one_checkpoint_is_kept_and_nothing_beside_it(tmp_path):
    fit(make_model(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["last"]
    assert len(list((tmp_path / "last").iterdir())) == 3


def test_a_fit_that_goes_on_counts_on(tmp_path):
    model, whole = make_model(), make_model()
    fit(whole, tmp_path / "whole")
    fit(model, tmp_path, epochs=1)
    restored = make_model()
    restored.optimizer.build(restored.trainable_variables)
    restore_checkpoint(restored, tmp_path / "last")
    seen = fit(restored, tmp_path, initial_epoch=1)
    assert [(p.epochs, p.examples_seen) for p, _, _ in seen] == [(2, 24), (3, 36)]
    for new, expected in zip(restored.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(new, expected)
