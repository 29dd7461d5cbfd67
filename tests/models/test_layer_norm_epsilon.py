"""An epsilon or attention dropout other than Google's is used, and kept everywhere."""

import json
import shutil

import keras
import numpy as np
import pytest
import torch
import transformers

from kbert import BertClassifier, KbertError, find_source
from kbert.config import TrainConfig
from kbert.exports.export import export
from kbert.models.backbones import backbone_config
from kbert.runs.continue_training import continue_training
from kbert.runs.resume import resume
from kbert.runs.train import train

pytestmark = pytest.mark.keras

SIZES = {
    **{"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
    **{"intermediate_size": 64, "max_position_embeddings": 40},
}
IDS = np.random.default_rng(0).integers(5, 120, (4, 16)).astype("int32")
INPUTS = {
    "token_ids": IDS,
    "segment_ids": np.zeros((4, 16), "int32"),
    "padding_mask": np.ones((4, 16), "int32"),
}
CHANGES = {"layer_norm_eps": 1e-3, "attention_probs_dropout_prob": 0.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, minilm_vocab):
    """A transformers classifier with an epsilon of 1e-3 and no attention dropout."""
    path = tmp_path_factory.mktemp("models") / "epsilon"
    text = minilm_vocab.read_text(encoding="utf-8")
    torch.manual_seed(3)
    config = transformers.BertConfig(vocab_size=text.count("\n"), **SIZES, **CHANGES)
    model = transformers.BertForSequenceClassification(config).eval()
    model.save_pretrained(path)
    (path / "vocab.txt").write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def logits(folder):
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return model(torch.tensor(IDS).long()).logits.numpy()


def check(model, logits):
    config = model.get_config()["backbone"]
    assert (config["layer_norm_epsilon"], config["attention_dropout"]) == (1e-3, 0.0)
    np.testing.assert_allclose(model.predict(INPUTS, verbose=0), logits, atol=1e-5)


@pytest.mark.any_backend
def test_logits_match_transformers(folder, logits, tmp_path):
    model = BertClassifier.load(folder)
    check(model, logits)
    for layer in model.backbone.transformer_layers:
        assert layer._self_attention_layer.dropout == 0.0
        assert layer._feedforward_dropout.rate == 0.1
    again = BertClassifier.from_config(model.get_config())
    again.set_weights(model.get_weights())
    check(again, logits)
    model.save_to(tmp_path / "model")
    check(BertClassifier.load(tmp_path / "model"), logits)
    model.save(tmp_path / "model.keras")
    check(BertClassifier.load(tmp_path / "model.keras"), logits)
    check(BertClassifier.load(tmp_path / "model.keras", max_length=20), logits)
    check(keras.models.load_model(tmp_path / "model.keras"), logits)


def test_a_usual_config_omits_the_epsilon(tiny_model):
    model = tiny_model()
    assert "layer_norm_epsilon" not in backbone_config(model.backbone)
    assert model.backbone.embeddings_layer_norm.epsilon == 1e-12


@pytest.mark.usefixtures("forked_exports")
@pytest.mark.any_backend
def test_runs_and_exports_keep_epsilon_and_dropout(folder, reviews, tmp_path):
    config = TrainConfig(
        data=str(reviews),
        preset=str(folder),
        output=str(tmp_path / "run"),
        epochs=1,
        max_length=16,
        allow=("too-few-updates",),
    )
    run = train(config, verbose=0)
    resume(tmp_path / "run", epochs=2, verbose=0, allow=("too-few-updates",))
    continued = continue_training(
        run.path, tmp_path / "second", verbose=0, allow=("too-few-updates",)
    )
    for path in (run.path, continued.path):
        backbone = json.loads((path / "model" / "config.json").read_text())["backbone"]
        assert (backbone["layer_norm_epsilon"], backbone["attention_dropout"]) == (1e-3, 0.0)
    export(run.path, tmp_path / "hf", format="huggingface", verbose=0)
    config = json.loads((tmp_path / "hf" / "config.json").read_text())
    assert config["layer_norm_eps"] == 1e-3
    assert config["attention_probs_dropout_prob"] == 0.0
    assert config["hidden_dropout_prob"] == 0.1
    assert find_source(tmp_path / "hf").sizes()[0] == find_source(run.path).sizes()[0]
    export(run.path, tmp_path / "onnx", format="onnx", verbose=0)
    export(run.path, tmp_path / "model.keras", format="keras", verbose=0)


@pytest.mark.any_backend
@pytest.mark.parametrize("format", ["google", "keras-hub"])
def test_formats_that_cannot_hold_an_epsilon_refuse_it(format, folder, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(folder, source)
    config = {**json.loads((folder / "config.json").read_text()), "hidden_act": "gelu_new"}
    (source / "config.json").write_text(json.dumps(config))
    with pytest.raises(KbertError, match=r"epsilon of 1e-12, but .* trained with 0.001"):
        export(source, tmp_path / "out", format=format, verbose=0)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.any_backend
@pytest.mark.parametrize("epsilon", [0, 1, "1e-5", None, -1e-5, True, {}], ids=str)
def test_an_invalid_epsilon_is_refused(epsilon, tiny_model):
    config = tiny_model().get_config()
    config["backbone"]["layer_norm_epsilon"] = epsilon
    with pytest.raises(KbertError, match="layer_norm_epsilon must be a fraction"):
        BertClassifier.from_config(config)
