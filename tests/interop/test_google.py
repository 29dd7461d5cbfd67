"""Google's checkpoints, read by kbert, against what Google's own code computed from them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from kbert import BertClassifier, KbertError
from kbert.interop.google import checkpoint_prefix, read_google
from kbert.models.build_classifier import build_classifier

pytestmark = pytest.mark.keras
REFERENCE = Path(__file__).parents[1] / "data" / "reference"
RELEASE, TRAINED = REFERENCE / "tiny_checkpoint", REFERENCE / "tiny_checkpoint_classifier"


@pytest.fixture(scope="module")
def computed():
    return np.load(REFERENCE / "logits.npz")


@pytest.fixture(scope="module")
def inputs(computed):
    return {
        "token_ids": computed["input_ids"],
        "segment_ids": computed["segment_ids"],
        "padding_mask": computed["input_mask"],
    }


@pytest.mark.any_backend
def test_a_release(computed, inputs):
    source = read_google(RELEASE)
    assert source.notes == (
        "Lower-casing: the vocabulary has no upper-case pieces.",
        "Left behind: global_step 1000000.",
        "Left behind: 7 weights of pretraining (cls/*).",
    )
    model = BertClassifier.from_preset(str(RELEASE), ["a", "b"], max_length=32)
    outputs = model.backbone.predict(inputs, verbose=0)
    for name in ("sequence_output", "pooled_output"):
        np.testing.assert_allclose(outputs[name], computed[name], atol=1e-5)


@pytest.mark.any_backend
def test_an_output_directory_of_run_classifier(computed, inputs):
    source = read_google(TRAINED, base=RELEASE)
    assert source.classes == 3
    assert source.notes[1:] == ("Left behind: 114 slots of Adam.", "Left behind: global_step 240.")
    model = build_classifier(BertClassifier, source, ["x", "y", "z"], max_length=32)
    np.testing.assert_allclose(model.predict(inputs, verbose=0), computed["logits"], atol=1e-5)
    outputs = model.backbone.predict(inputs, verbose=0)
    for name in ("sequence_output", "pooled_output"):
        np.testing.assert_allclose(outputs[name], computed[f"classifier_{name}"], atol=1e-5)


@pytest.mark.parametrize(
    ("labels", "received"), [(None, "no names"), (["a", "b"], "2: a, b")], ids=str
)
def test_a_head_needs_names(labels, received):
    with pytest.raises(KbertError, match=rf"The head of .* has 3 classes.*Received: {received}"):
        build_classifier(BertClassifier, read_google(TRAINED, base=RELEASE), labels)


@pytest.fixture
def release(tmp_path):
    """A function that copies the release into a folder of another name."""

    def copy(name="bert"):
        folder = tmp_path / name
        folder.mkdir()
        for file in RELEASE.iterdir():
            shutil.copyfile(file, folder / file.name)
        return folder

    return copy


@pytest.mark.parametrize(
    ("name", "lowercase"),
    [
        ("uncased_L-12_H-768_A-12", True),
        ("cased_L-24_H-1024_A-16", False),
        ("wwm_cased_L-24_H-1024_A-16", False),
        ("wwm_uncased_L-24_H-1024_A-16", True),
        ("multi_cased_L-12_H-768_A-12", False),
        ("multilingual_L-12_H-768_A-12", True),
        ("chinese_L-12_H-768_A-12", True),
        ("mine", True),
    ],
)
def test_casing_by_the_folders_name(name, lowercase, release):
    folder = release(name)
    assert read_google(folder).tokenizer.lowercase is lowercase
    assert read_google(folder, lowercase=not lowercase).tokenizer.lowercase is not lowercase


def test_casing_by_the_vocabulary(release):
    folder = release("mine")
    text = (folder / "vocab.txt").read_text(encoding="utf-8")
    (folder / "vocab.txt").write_text(text.replace("[unused7]", "The"), encoding="utf-8")
    source = read_google(folder)
    assert not source.tokenizer.lowercase
    assert (
        source.notes[0] == "No lower-casing: the vocabulary has upper-case pieces, such as 'The'."
    )


def test_which_checkpoint_is_read(tmp_path):
    assert checkpoint_prefix(tmp_path) is None
    for step in (8, 40, 240):
        (tmp_path / f"model.ckpt-{step}.index").touch()
    assert checkpoint_prefix(tmp_path) == "model.ckpt-240"
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "/elsewhere/model.ckpt-40"\n')
    assert checkpoint_prefix(tmp_path) == "model.ckpt-40"


@pytest.mark.parametrize("name", ["bert_config.json", "vocab.txt"])
def test_a_file_missing_from_a_release_is_named(name, release):
    folder = release()
    (folder / name).unlink()
    with pytest.raises(KbertError, match=rf"holds no {name}. Cure: .*import_model.*base="):
        read_google(folder)


def test_a_folder_without_a_checkpoint_is_refused(tmp_path):
    with pytest.raises(KbertError, match="holds no checkpoint"):
        read_google(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_hidden_layers": 4}, r"missing: bert/encoder/layer_3/.* and 11 more\."),
        ({"num_hidden_layers": 2}, r"surplus: bert/encoder/layer_2/"),
        ({"intermediate_size": 64}, r"intermediate/dense/kernel: expected \(64, 64\), received"),
        ({"hidden_act": "relu"}, "hidden_act must be gelu. Received: 'relu'"),
        ({"vocab_size": 10**9}, "vocabulary_size must be a whole number"),
    ],
    ids=str,
)
def test_a_configuration_that_does_not_fit(changes, message, release):
    folder = release()
    file = folder / "bert_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    with pytest.raises(KbertError, match=message):
        read_google(folder)


@pytest.mark.parametrize("ending", ["index", "data-00000-of-00001"])
def test_a_broken_checkpoint_is_refused(ending, release):
    folder = release()
    file = folder / f"bert_model.ckpt.{ending}"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(KbertError, match=r"bert_model.ckpt.* (cannot be read|claims)"):
        read_google(folder)
