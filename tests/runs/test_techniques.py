"""Runs with techniques of fine-tuning: their plan, and that they resume exactly."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from kbert import RunCheckpoint, TrainConfig, resume, train

pytestmark = pytest.mark.keras

# Settings of a run, and one that is trained and stopped in the middle of its second epoch.
CASES = {
    "freeze": {"freeze_embeddings": True, "freeze_layers": 1},
    "layer-decay": {"layer_decay": 0.5},
    "moving-average": {"moving_average": 0.9},
    "gradual-unfreezing": {"gradual_unfreezing": 0.8},
}


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    return TrainConfig(
        data=str(reviews),
        output=str(tmp_path_factory.mktemp("runs") / "plain"),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=2,
        batch_size=8,
        learning_rate=1e-3,
        dev_proportion=0.2,
        report=False,
        baseline="none",
    )


@pytest.fixture(scope="module")
def plain(config):
    return train(config, verbose=0)


def weights_of(run):
    (file,) = run.model_folder.glob("*.safetensors")
    return load_file(file)


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_a_run_with_it_resumes_to_the_same_bits(settings, config, plain, tmp_path, monkeypatch):
    whole = train(replace(config, output=str(tmp_path / "whole"), **settings), verbose=0)
    begin = RunCheckpoint.on_train_batch_begin

    def stop(self, batch, logs=None):
        begin(self, batch, logs)
        if int(self.model.optimizer.iterations) == 13:
            raise KeyboardInterrupt

    stopped = tmp_path / "stopped"
    with monkeypatch.context() as patch:
        patch.setattr(RunCheckpoint, "on_train_batch_begin", stop)
        with pytest.raises(KeyboardInterrupt):
            train(replace(config, output=str(stopped), **settings), verbose=0)
    resumed = resume(stopped)
    expected, found, without = map(weights_of, (whole, resumed, plain))
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert any((without[name] != array).any() for name, array in expected.items())
    evaluations = [
        json.loads((run.path / "evaluations.json").read_text()) for run in (whole, resumed)
    ]
    assert evaluations[0] == evaluations[1]
