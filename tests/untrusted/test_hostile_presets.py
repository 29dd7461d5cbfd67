"""Untrusted folders of pretrained weights."""

import json
import sys

import h5py
import keras_hub
import numpy as np
import pytest
from safetensors.numpy import save_file

from kbert import BertClassifier, KbertError
from kbert.interop.sources import find_source
from kbert.models.backbones import load_backbone

# Files are read as arrays, before and without the backend.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]

CONFIG = {
    "model_type": "bert",
    "vocab_size": 6,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "hidden_size": 4,
    "intermediate_size": 4,
}
PIECES = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "preset"
    path.mkdir()
    (path / "config.json").write_text(json.dumps(CONFIG))
    (path / "vocab.txt").write_text(PIECES)
    save_file({"a": np.zeros(4)}, path / "model.safetensors")
    return path


def refused(folder, message, **arguments):
    """Check the refusal, which must come before a backbone is made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras_hub.models.BertBackbone, "__init__", None)
        with pytest.raises(KbertError, match=message):
            load_backbone(find_source(str(folder)), **arguments)


@pytest.mark.parametrize("pretrained", [True, False])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": 10**9}, "hidden_dim must be a whole number"),
        ({"num_hidden_layers": 10**6}, "num_layers must be a whole number"),
        ({"vocab_size": "6"}, "vocabulary_size must be a whole number"),
        ({"hidden_dropout_prob": {}}, "dropout must be"),
        ({"hidden_act": ["gelu"]}, r"hidden_act must be one of .* Received: \['gelu'\]"),
        ({"hidden_size": None}, "Received: None"),
    ],
    ids=["hidden", "layers", "text", "dropout", "activation", "null"],
)
def test_absurd_sizes(folder, changes, message, pretrained):
    (folder / "config.json").write_text(json.dumps({**CONFIG, **changes}))
    refused(folder, message, pretrained=pretrained)


def test_sizes_beyond_the_file(folder):
    (folder / "config.json").write_text(json.dumps({**CONFIG, "vocab_size": 10**7}))
    refused(folder, "does not fit the model: its configuration asks for 40,00")


def test_a_pickle_of_pytorch(folder, payload):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(payload)
    refused(folder, "pytorch_model.bin is broken or holds something other than tensors, and is not")


def test_a_pickle_under_another_name(folder, payload):
    (folder / "model.safetensors").write_bytes(payload)
    refused(folder, "model.safetensors cannot be read")


def test_links(folder, outside):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(outside)
    refused(folder, "model.safetensors leads to .*secret.txt")


@pytest.mark.parametrize(
    "shards",
    [
        {"a": "../outside/secret.txt"},
        {"a": "/etc/passwd"},
        {"a": ["model.safetensors"]},
        {},
        [],
    ],
    ids=["up", "absolute", "list", "empty", "no-object"],
)
def test_shards_elsewhere(folder, outside, shards):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    refused(folder, "names of files in the folder itself were expected")


@pytest.fixture
def hub_folder(tmp_path):
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 4, "intermediate_dim": 4}
    path = tmp_path / "hub"
    keras_hub.models.BertBackbone(vocabulary_size=6, **sizes).save_to_preset(str(path))
    return path


def change_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    config["config"].update(changes.pop("config", {}))
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def test_the_class_named_by_a_keras_hub_folder_is_not_imported(hub_folder, monkeypatch):
    (hub_folder / "hostile_module.py").write_text("raise SystemExit('the module was imported')")
    monkeypatch.syspath_prepend(hub_folder)
    hostile = {"module": "hostile_module", "class_name": "X", "config": {}, "registered_name": "x"}
    change_config(
        hub_folder,
        module="hostile_module",
        registered_name="hostile>X",
        build_config=hostile,
        compile_config=hostile,
        config={"dtype": hostile, "name": hostile},
    )
    backbone, _ = load_backbone(find_source(str(hub_folder)))
    assert type(backbone) is keras_hub.models.BertBackbone
    assert "hostile_module" not in sys.modules


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class_name": "GPT2Backbone"}, "type 'GPT2Backbone'; kbert supports only BERT"),
        ({"class_name": {"a": 1}}, "kbert supports only BERT"),
        ({"config": {"hidden_dim": 10**9}}, "hidden_dim must be"),
        ({"config": {"vocabulary_size": 10**7}}, "asks for 40,00"),
    ],
    ids=["class", "object", "hidden", "vocabulary"],
)
def test_other_configurations_of_keras_hub(hub_folder, changes, message):
    change_config(hub_folder, **changes)
    refused(hub_folder, message)


def test_weights_of_keras_hub_that_lead_elsewhere(hub_folder, outside):
    file = hub_folder / "model.weights.h5"
    with h5py.File(file, "a") as weights:
        weights["layers/x"] = h5py.ExternalLink(str(outside), "/x")
    refused(hub_folder, "'layers/x' is a link")
    file.unlink()
    file.symlink_to(outside)
    refused(hub_folder, "model.weights.h5 leads to")
    file.unlink()
    refused(hub_folder, "holds no weights")


@pytest.fixture
def task_folder(tmp_path):
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 4, "intermediate_dim": 4}
    backbone = keras_hub.models.BertBackbone(vocabulary_size=6, **sizes)
    tokenizer = keras_hub.models.BertTokenizer(
        vocabulary=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"]
    )
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=9)
    path = tmp_path / "task"
    keras_hub.models.BertTextClassifier(backbone, 2, preprocessor).save_to_preset(str(path))
    return path


def change_json(file, change):
    saved = json.loads(file.read_text())
    change(saved)
    file.write_text(json.dumps(saved))


def test_the_classes_named_by_a_task_are_not_imported(task_folder, monkeypatch):
    (task_folder / "hostile_module.py").write_text("raise SystemExit('the module was imported')")
    monkeypatch.syspath_prepend(task_folder)
    hostile = {"module": "hostile_module", "class_name": "X", "config": {}, "registered_name": "x"}

    def change(saved):
        saved.update(module="hostile_module", registered_name="hostile>X", compile_config=hostile)
        for name in ("backbone", "preprocessor", "tokenizer", "dtype", "name"):
            if name in saved["config"]:
                saved["config"][name] = hostile

    for name in ("task.json", "preprocessor.json", "tokenizer.json"):
        change_json(task_folder / name, change)
    model = BertClassifier.from_preset(str(task_folder), ["x", "y"], head="preset")
    assert type(model.backbone) is keras_hub.models.BertBackbone
    assert model.max_length == 9
    assert "hostile_module" not in sys.modules


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class_name": "Hostile"}, "task.json holds a Hostile; of keras-hub's tasks kbert supp"),
        ({"class_name": None}, "task.json holds a None"),
        ({"class_name": ["BertTextClassifier"]}, r"task.json holds a \['BertTextClassifier'\]"),
        ({"config": None}, "num_classes must be a whole number"),
        ({"config": {"num_classes": 10**6}}, r"expected \(4, 1000000\), received \(4, 2\)"),
        ({"config": {"num_classes": 2, "activation": {"class_name": "X"}}}, "must be softmax or n"),
        ({"config": {"num_classes": 2, "dropout": "0"}}, "dropout must be"),
    ],
    ids=["class", "none", "list", "null", "huge", "activation", "dropout"],
)
def test_hostile_tasks(task_folder, changes, message):
    change_json(task_folder / "task.json", lambda saved: saved.update(changes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras_hub.models.BertBackbone, "__init__", None)
        with pytest.raises(KbertError, match=message):
            find_source(str(task_folder)).read()


def test_weights_of_a_task_that_lead_elsewhere(task_folder, outside):
    file = task_folder / "task.weights.h5"
    with h5py.File(file, "a") as weights:
        del weights["layers/dense/vars/1"]
        weights["layers/dense/vars/1"] = h5py.ExternalLink(str(outside), "/x")
    with pytest.raises(KbertError, match="'layers/dense/vars/1' is a link"):
        find_source(str(task_folder)).read()
    file.unlink()
    file.symlink_to(outside)
    with pytest.raises(KbertError, match=r"task.weights.h5 leads to"):
        find_source(str(task_folder)).read()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("added_tokens.json", {"<x>": 6, "x" * 10**7: 7}),
        ("added_tokens.json", {"<x>": [6]}),
        ("tokenizer_config.json", {"added_tokens_decoder": {"6": {"content": "x" * 10**7}}}),
        ("tokenizer_config.json", {"added_tokens_decoder": {"6": {"content": {}}}}),
        ("special_tokens_map.json", {"bos_token": {"content": "a", "normalized": {}}}),
    ],
    ids=["long", "list", "long-content", "object", "flag"],
)
def test_hostile_added_tokens(folder, name, content):
    (folder / name).write_text(json.dumps(content))
    with pytest.raises(KbertError, match=r"added token") as refusal:
        find_source(str(folder)).tokenizer()
    assert len(str(refusal.value)) < 500


def test_a_link_in_place_of_added_tokens(folder, outside):
    (folder / "added_tokens.json").symlink_to(outside)
    with pytest.raises(KbertError, match=r"added_tokens.json leads to"):
        find_source(str(folder)).tokenizer()
