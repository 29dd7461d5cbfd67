"""Runs with fine-tuning techniques: their plan, and that they resume exactly."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from kbert import (
    BertClassifier,
    EpochEvaluation,
    InputError,
    RunCheckpoint,
    TrainConfig,
    find_source,
    resume,
    train,
)
from kbert.models.variables import to_arrays
from kbert.runs.best_model import has_best_model
from kbert.runs.report_of_run import run_history
from kbert.runs.run_config import parent_settings
from kbert.runs.told_techniques import told_techniques

pytestmark = pytest.mark.keras

# Settings of a run that is trained, and stopped in the middle of its second epoch. Techniques
# share runs: what each of them does is tested on its own.
CASES = {
    "layers": {"freeze_embeddings": True, "layer_decay": 0.5, "gradual_unfreezing": 0.8},
    "averages": {
        **{"moving_average": 0.9, "token_dropout": 0.3},
        **{"average_best": 3, "evaluate_every": 5, "keep_checkpoints": 1},
    },
    "terms": {
        **{"r_drop": 1.0, "fgm": 1.0, "contrastive": 0.1},
        **{"reinit_layers": 1, "pooling": "mean"},
    },
    "lora": {"lora_rank": 2, "lora_alpha": 8.0, "layer_decay": 0.5},
    "lower layers": {"freeze_layers": 1, "freeze_embeddings": True, "pooling": "mean"},
}


@pytest.fixture(scope="module")
def preset(tiny_model, tmp_path_factory):
    """A stand-in for a pretrained model."""
    folder = tmp_path_factory.mktemp("presets") / "pretrained"
    tiny_model().save_to(folder)
    return folder


@pytest.fixture(scope="module")
def config(reviews, preset, tmp_path_factory):
    return TrainConfig(
        data=str(reviews),
        output=str(tmp_path_factory.mktemp("runs") / "plain"),
        preset=str(preset),
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


def let_the_average_score(monkeypatch, **scores):
    """Give the average these scores: with models that learn so little, it is better by chance."""
    scores_of = EpochEvaluation.scores_of

    def changed(self, model):
        own, outputs = scores_of(self, model)
        return {name: replace(one, **scores) for name, one in own.items()}, outputs

    monkeypatch.setattr(EpochEvaluation, "scores_of", changed)


def weights_of(run):
    (file,) = run.model_folder.glob("*.safetensors")
    return load_file(file)


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_a_run_with_techniques_resumes_to_the_same_bits(
    settings, config, plain, tmp_path, monkeypatch, capsys
):
    let_the_average_score(monkeypatch, loss=0.0)
    whole = train(replace(config, output=str(tmp_path / "whole"), **settings))
    shown = capsys.readouterr().out.splitlines()
    for line in told_techniques(replace(config, **settings)):
        assert f"  {line}" in shown  # of the plan
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
    assert BertClassifier.load(resumed.path).predict_proba(["a good film"]).shape == (1, 2)


@pytest.mark.any_backend
@pytest.mark.parametrize("is_better", [True, False])
def test_the_average_of_the_best_is_one_more_evaluation(is_better, config, tmp_path, monkeypatch):
    let_the_average_score(monkeypatch, accuracy=float(is_better))
    settings = {"average_best": 3, "evaluate_every": 5, "keep_checkpoints": 1}
    run = train(replace(config, output=str(tmp_path / "run"), **settings), verbose=0)
    history = run_history(run)
    *own, average = history.records
    best = sorted(own, key=lambda record: (-record.first.accuracy, record.first.loss))[:3]
    assert average.average_of == tuple((one.epoch, one.batch) for one in best)
    saved = [
        load_file(path / "model.safetensors")
        for one in best
        for path in (run.path / "checkpoints").glob(f"*-{one.position}")
    ]
    mean = {name: np.mean([weights[name] for weights in saved], axis=0) for name in saved[0]}
    assert (history.best is average) == is_better
    expected = mean if is_better else saved[0]
    for name, array in weights_of(run).items():
        np.testing.assert_allclose(array, expected[name], atol=1e-7, err_msg=name)
    assert has_best_model(run)
    with pytest.raises(InputError, match="has completed its 2 epochs"):
        resume(run.path)


@pytest.mark.any_backend
def test_baselines_use_the_encoder_before_its_layers_are_new(config, preset, tmp_path, monkeypatch):
    seen = {}

    def look(task, *args):
        seen.update(to_arrays(task.model.backbone.weights))
        raise InputError("seen")

    monkeypatch.setattr("kbert.runs.run_baselines.compute_baselines", look)
    output, new = str(tmp_path / "run"), {"baseline": "encoder", "reinit_layers": 1}
    run = train(replace(config, output=output, epochs=1, **new), verbose=0)
    pretrained = find_source(preset).read().arrays
    assert all((seen[name] == pretrained[name]).all() for name in seen)
    kernel = "transformer_layer_0/feedforward_output_dense/kernel"
    moved = np.abs(weights_of(run)[kernel] - pretrained[kernel]).max()
    assert moved > 0.02  # at a rate of 0.001, in four updates
    assert "reinit_layers" not in parent_settings(run.path)  # they are trained by now


@pytest.mark.any_backend
def test_freezing_too_many_layers_is_refused_before_reading_data(config, tmp_path):
    with pytest.raises(InputError, match="The model has 1 layer, of which 2 cannot be frozen."):
        train(replace(config, data="nowhere.csv", freeze_layers=2, output=str(tmp_path / "run")))


def test_new_layers_in_a_model_of_random_weights_are_refused(config):
    with pytest.raises(InputError, match="`reinit_layers` is for pretrained weights, but weights="):
        train(replace(config, weights="random", reinit_layers=1))
