"""Files written by kbert 0.1 can be read: see tests/data/formats/0.1/README.md."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file

from kbert import BertClassifier, Predictor, TrainConfig, resume
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.exports.formats.registry import format_module
from kbert.runs.run_directory import RunDirectory
from kbert.serving.export_settings import ExportSettings

pytestmark = pytest.mark.keras

OLD = Path(__file__).parent / "data" / "formats" / "0.1"
EXPECTED = json.loads((OLD / "expected" / "predictions.json").read_text(encoding="utf-8"))
TEXTS = EXPECTED["texts"]
BACKEND = keras.backend.backend()


def check(computed, name="run"):
    np.testing.assert_allclose(computed, EXPECTED[name], rtol=0, atol=1e-5)


@pytest.mark.any_backend
@pytest.mark.parametrize("path", ["run", "run/model", "exports/model.keras"])
def test_a_model_predicts_as_it_did(path):
    check(BertClassifier.load(OLD / path).predict_proba(TEXTS))


@pytest.mark.parametrize("path", ["exports/huggingface", "exports/google", "exports/keras-hub"])
def test_exported_weights_can_be_loaded(path):
    if path == "exports/google":
        pytest.importorskip("tensorflow")
    check(BertClassifier.from_preset(str(OLD / path), max_length=24).predict_proba(TEXTS))


@pytest.mark.any_backend
@pytest.mark.parametrize("format", ["onnx", "openvino", "litert"])
def test_a_program_predicts_as_it_did(format):
    check(Predictor.load(OLD / "exports" / format).predict_proba(TEXTS))


@pytest.mark.any_backend
@pytest.mark.parametrize("format", ["saved_model", "torch"])
def test_a_program_of_a_backend_predicts_as_it_did(format):
    folder = OLD / "exports" / format
    reopened = format_module(format).reopen(folder, ExportSettings.read(folder))
    try:
        check(reopened(TEXTS, None))
    finally:
        getattr(reopened, "close", lambda: None)()


@pytest.mark.parametrize("recipe", ["recommended", "google"])
def test_a_compiled_keras_file_keeps_its_optimizer_and_schedule(recipe):
    model = BertClassifier.load(OLD / f"compiled-{recipe}.keras")
    check(model.predict_proba(TEXTS), f"compiled-{recipe}")
    assert int(model.optimizer.iterations) == EXPECTED[f"compiled-{recipe}-iterations"]
    schedule = model.optimizer._learning_rate
    assert schedule.decay_from == {"recommended": "warmup_end", "google": "start"}[recipe]


def test_the_settings_of_a_run_are_read():
    config = TrainConfig.from_toml(OLD / "run" / "config.toml")
    assert (config.gradient_accumulation_steps, config.allow) == (2, ("too-few-updates",))


@pytest.mark.parametrize(
    "trained_on",
    [
        # A run begun on another backend is resumed on only one of them.
        pytest.param(name, marks=[] if name == BACKEND else pytest.mark.any_backend)
        for name in ("tensorflow", "jax", "torch")
    ],
)
def test_a_stopped_run_is_resumed(trained_on, tmp_path, monkeypatch):
    for name in ("preset", f"stopped-{trained_on}"):
        shutil.copytree(OLD / name, tmp_path / name)
    shutil.copy(OLD / "reviews.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    if trained_on == BACKEND:
        # 0.1 computed the whole last layer, and padded to one of a few widths, so it drew more
        # random numbers for dropout.
        monkeypatch.delattr(BertClassifier, "call")
        monkeypatch.setattr("kbert.backend.few_shapes.few_shapes", lambda model: True)
    run = resume(f"stopped-{trained_on}", backend=BACKEND)
    last = CheckpointStore(run.checkpoints).last()
    weights = load_file(last / "model.safetensors")
    expected = load_file(OLD / "expected" / f"resumed-{trained_on}.safetensors")
    assert weights.keys() == expected.keys()
    for name, array in expected.items():
        # The fused optimizer rounds differently, and other backends draw other dropout masks.
        bound = 6e-6 if trained_on == BACKEND else np.inf
        assert np.abs(weights[name] - array).max() <= bound, name
    record = json.loads((run.path / "evaluations.json").read_text())
    before = json.loads((OLD / "expected" / f"resumed-{trained_on}.json").read_text())
    assert [e["epoch"] for e in record["epochs"]] == [e["epoch"] for e in before["epochs"]]
    assert [e["update"] for e in record["epochs"]] == [e["step"] for e in before["epochs"]]
    assert RunDirectory(run.path).record["status"] == "finished"
