"""kbert's runs, model folders and .keras files as presets, and the heads of presets."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kbert import BertClassifier, KbertError
from kbert.exports.export import export
from kbert.interop.sources import find_source
from kbert.models.backbones import load_backbone
from kbert.models.import_model import import_model

# Files are read as arrays, before and without the backend.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]
REFERENCE = Path(__file__).parents[1] / "data" / "reference"
RELEASE = REFERENCE / "tiny_checkpoint"
TEXTS = ["A moving story.", "A dull mess, and no plot."]
OWN = ["run", "run/model", "model.keras"]


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    """A folder with a run and a .keras file of one model, and the model."""
    folder = tmp_path_factory.mktemp("own")
    model = tiny_model(layers=2, labels=["bad", "good", "so so"], max_length=24, dropout=0.3)
    model.compile("sgd")
    model.save_to(folder / "run" / "model")
    (folder / "run" / "run.json").write_text("{}")
    model.save(folder / "model.keras")
    return folder, model


@pytest.mark.parametrize("name", OWN)
def test_the_encoder_of_a_run_gets_a_new_head(name, saved):
    folder, model = saved
    preset = find_source(str(folder / name))
    assert preset.kind.startswith("a kbert ")
    assert preset.tokenizer().fingerprint == model.tokenizer.fingerprint
    new = BertClassifier.from_preset(str(folder / name), ["x", "y"], max_length=16)
    assert (new.labels.names, new.max_length, new.gelu) == (("x", "y"), 16, "erf")
    for one, other in zip(model.backbone.get_weights(), new.backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    backbone, gelu = load_backbone(preset, pretrained=False)
    assert (backbone.hidden_dim, gelu) == (32, "erf")


@pytest.mark.parametrize("name", OWN)
def test_the_head_of_a_run_is_kept(name, saved, tmp_path):
    folder, model = saved
    same = BertClassifier.from_preset(str(folder / name))
    path = import_model(folder / name, tmp_path / "model", verbose=0)
    for other in (same, BertClassifier.load(path)):
        config, expected = other.get_config(), model.get_config()
        assert {**config, "name": ""} == {**expected, "name": ""}
        np.testing.assert_array_equal(other.predict_proba(TEXTS), model.predict_proba(TEXTS))
    changed = BertClassifier.from_preset(str(folder / name), max_length=8, dropout=0.0)
    assert (changed.max_length, changed.dropout) == (8, 0.0)


def test_a_run_keeps_its_precision(tiny_model, tmp_path):
    tiny_model(dtype="mixed_bfloat16").save_to(tmp_path / "a" / "model")
    path = import_model(tmp_path / "a", tmp_path / "b", verbose=0)
    assert BertClassifier.load(path).backbone.dtype_policy.name == "mixed_bfloat16"


def test_a_run_that_is_not_trained_is_refused(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(
        KbertError, match=r"is a run without a trained model.*finish it first: kbert\.resume"
    ):
        find_source(str(tmp_path))


def test_a_missing_keras_file_is_refused():
    with pytest.raises(KbertError, match=r"There is no file nowhere.keras"):
        find_source("nowhere.keras")


def test_weights_that_do_not_fit_are_refused(saved, tmp_path):
    from safetensors.numpy import load_file, save_file

    shutil.copytree(saved[0] / "run", tmp_path / "run")
    file = tmp_path / "run" / "model" / "model.safetensors"
    arrays = load_file(file)
    del arrays["logits/bias"]
    save_file({**arrays, "more": np.ones(2)}, file)
    for labels in (None, ["a", "b"]):
        with pytest.raises(
            KbertError, match=r"model.safetensors .* missing: logits/bias; surplus: m"
        ):
            BertClassifier.from_preset(str(tmp_path / "run"), labels)


@pytest.mark.usefixtures("forked_exports")
@pytest.mark.parametrize("form", ["huggingface", "google"])
def test_heads_in_other_formats_are_read(form, tiny_model, saved, tmp_path):
    model = saved[1]
    if form == "google":  # Google's code has no erf
        model = BertClassifier.from_config({**model.get_config(), "gelu": "tanh"})
    model.save_to(tmp_path / "model")
    export(tmp_path / "model", tmp_path / "theirs", format=form, verbose=0)
    same = BertClassifier.from_preset(str(tmp_path / "theirs"), max_length=24)
    assert same.labels.names == ("bad", "good", "so so")
    np.testing.assert_allclose(same.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=1e-6)


@pytest.mark.parametrize(
    ("preset", "arguments", "message"),
    [
        (RELEASE, {}, "without a classification head. To train one on it: kbert.train"),
        (
            "bert_base_en_uncased",
            {},
            "There is no file or folder bert_base_en.* would have no classification head",
        ),
        (RELEASE, {"pretrained": False}, "Without its weights .* has no head"),
        (RELEASE, {"head": "new"}, r"needs the names of its classes: pass `labels`"),
    ],
    ids=["encoder", "hub", "random", "new"],
)
def test_a_preset_without_a_head_is_refused_with_a_cure(preset, arguments, message):
    with pytest.raises(KbertError, match=message):
        BertClassifier.from_preset(str(preset), **arguments)


def test_another_number_of_names_is_refused(saved):
    run = str(saved[0] / "run")
    with pytest.raises(
        KbertError, match=r"The head of .* has 3 classes.* Received: 2: a, b\. To name"
    ):
        BertClassifier.from_preset(run, ["a", "b"], head="preset")
    assert BertClassifier.from_preset(run, ["a", "b", "c"], head="preset").labels.names[2] == "c"


def test_sizes_missing_from_a_folder_have_defaults(saved, tmp_path):
    shutil.copytree(saved[0] / "run" / "model", tmp_path / "model")
    file = tmp_path / "model" / "config.json"
    config = json.loads(file.read_text())
    del config["backbone"]["num_segments"], config["backbone"]["dropout"]
    file.write_text(json.dumps(config))
    same = BertClassifier.from_preset(str(tmp_path / "model"))
    np.testing.assert_array_equal(same.predict_proba(TEXTS), saved[1].predict_proba(TEXTS))


def test_a_folder_of_a_newer_kbert_is_refused(saved, tmp_path):
    shutil.copytree(saved[0] / "run" / "model", tmp_path / "model")
    file = tmp_path / "model" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": "kbert-model-9"}))
    with pytest.raises(KbertError, match=r"kbert-model-9, and kbert-model-1 was expected"):
        find_source(str(tmp_path / "model"))


@pytest.mark.any_backend  # that of this process, whose tests read such files on each
@pytest.mark.usefixtures("one_backend")
def test_a_keras_file_is_imported_in_its_own_process(saved, tmp_path):
    command = [*(sys.executable, "-m", "kbert", "import"), saved[0] / "model.keras"]
    done = subprocess.run([*command, "--output", tmp_path / "out"], capture_output=True, text=True)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    same = BertClassifier.load(tmp_path / "out")
    np.testing.assert_array_equal(same.predict_proba(TEXTS), saved[1].predict_proba(TEXTS))


@pytest.mark.parametrize("labels", [None, ["x", "y"]], ids=["own head", "new head"])
def test_a_length_of_0_is_refused(labels, saved):
    with pytest.raises(KbertError, match="must be from 3 to [0-9]+, .* Received: 0"):
        BertClassifier.from_preset(str(saved[0] / "run"), labels, max_length=0)
