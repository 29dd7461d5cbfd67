"""Names that are not paths: keras-hub presets, and models of the Hugging Face Hub."""

import json
import re

import keras_hub
import numpy as np
import pytest
import transformers

from kbert import BertClassifier, KbertError, find_source
from kbert.interop.hub import hub_cure, load_from_hub
from kbert.interop.hugging_face import read_hugging_face

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("bert-base-uncased", "hf://google-bert/bert-base-uncased"),
        ("google-bert/bert-base-uncased", "hf://google-bert/bert-base-uncased"),
        ("dmis-lab/biobert-v1.1", "hf://dmis-lab/biobert-v1.1"),
        ("emilyalsentzer/Bio_ClinicalBERT", "hf://emilyalsentzer/Bio_ClinicalBERT"),
        ("sentence-transformers/paraphrase-MiniLM", "hf://sentence-transformers/paraphrase-MiniLM"),
        ("L12-MiniLM", "hf://OWNER/L12-MiniLM"),
    ],
)
def test_the_cure_for_a_hugging_face_name_is_its_handle(name, handle):
    with pytest.raises(KbertError, match=rf"There is no file or folder {name}.*type {handle}"):
        find_source(name)


@pytest.mark.parametrize("name", ["MiniLM", "mini-lm", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_packaged_preset_is_suggested(name):
    with pytest.raises(KbertError, match=rf"There is no file or folder {name}.*type minilm"):
        find_source(name)


@pytest.mark.parametrize("name", ["./a-b", "/a/b", "a/b/c", "tests/none", "a b", "../x-y"])
def test_a_path_is_not_a_hub_name(name):
    assert hub_cure(name) is None


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("bert_base_uncased", "bert_base_en_uncased"),
        ("xyzzy", "such as bert_"),
        ("minilmm", "minilm"),
    ],
)
def test_a_name_that_is_not_a_preset(name, near):
    with pytest.raises(KbertError, match=rf"'{name}' is neither a local folder.*{near}") as error:
        BertClassifier.from_preset(name, labels=["a", "b"])
    assert len(str(error.value)) < 300
    with pytest.raises(KbertError, match="is neither a local folder"):
        load_from_hub(name, keras_hub.models.BertTokenizer.from_preset)


def test_a_transformers_model_on_the_hub_is_read_as_a_folder(tmp_path, monkeypatch):
    """keras-hub would use the tanh GELU, and an epsilon of 1e-12 in layer norms."""
    import huggingface_hub

    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    sizes |= {"vocab_size": 10, "intermediate_size": 64, "max_position_embeddings": 20}
    config = transformers.BertConfig(**sizes, layer_norm_eps=1e-5)
    transformers.BertModel(config).save_pretrained(tmp_path)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdef"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces) + "\n")
    asked = []

    def hf_hub_download(repo_id, filename):
        asked.append((repo_id, filename))
        return str(tmp_path / filename)

    def snapshot_download(repo_id, allow_patterns):
        asked.append((repo_id, *allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", hf_hub_download)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    model = BertClassifier.from_preset("hf://some/bert", labels=["a", "b"], max_length=16)
    assert model.gelu == "erf"
    assert model.backbone.embeddings_layer_norm.epsilon == 1e-5
    expected = read_hugging_face(tmp_path).arrays["pooled_dense/kernel"]
    assert np.array_equal(model.backbone.pooled_dense.get_weights()[0], expected)
    assert set(asked) == {
        ("some/bert", "config.json"),
        ("some/bert", "*.json", "vocab.txt"),
        ("some/bert", "*.json", "vocab.txt", "*.safetensors"),
    }
    (tmp_path / "config.json").write_text(json.dumps({**config.to_dict(), "model_type": "roberta"}))
    with pytest.raises(KbertError, match="a model of the type 'roberta'"):
        find_source("hf://some/bert").sizes()


def test_an_unreachable_hugging_face_hub(monkeypatch):
    import huggingface_hub

    def unreachable(**arguments):
        raise OSError("no route\nat all")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", unreachable)
    message = "'hf://some/bert' is not a local folder, and could not be loaded from a hub: no route"
    with pytest.raises(KbertError, match=re.escape(message)):
        find_source("hf://some/bert").tokenizer()
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    with pytest.raises(
        KbertError,
        match=r"vocab.txt.* and model.safetensors .or pytorch_model.bin. by hand from https://m"
        r"irror.example/some/bert/tree/main into a folder, and name the folder",
    ):
        find_source("hf://some/bert").tokenizer()


def test_an_unreachable_keras_hub():
    def unreachable(name):
        raise OSError("no route")

    with pytest.raises(KbertError, match=r"no route.*by hand from .*google-bert/bert-base-chinese"):
        load_from_hub("bert_base_zh", unreachable)


def test_the_cure_for_an_outer_folder_names_the_inner_one(tmp_path):
    (tmp_path / "0_Transformer").mkdir()
    (tmp_path / "0_Transformer" / "config.json").write_text("{}")
    with pytest.raises(KbertError, match=r"holds no model.*folder inside: .*0_Transformer"):
        find_source(tmp_path)
