"""Facts about presets, checked against keras-hub's table and the files of the package."""

import hashlib

import pytest

from kbert.interop.known_presets import PRESETS, endpoint, known_preset, page
from kbert.interop.sources import find_source


@pytest.mark.keras
@pytest.mark.any_backend
def test_sizes_and_handles_are_those_of_keras_hub():
    import keras_hub

    table = keras_hub.models.BertBackbone.presets
    for preset in PRESETS[1:]:
        theirs = table[preset.name]
        assert preset.parameters == theirs["metadata"]["params"], preset.name
        assert theirs["kaggle_handle"] == f"kaggle://{preset.kaggle}"


def test_the_package_has_the_known_files():
    folder = find_source("minilm").local_path
    for name, checksum in known_preset("minilm").sha256.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum
    assert PRESETS[0].megabytes == pytest.approx(90.85, abs=0.05)  # model.safetensors: 90.87 MB


def test_a_mirror_replaces_the_hub(monkeypatch):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert page("a/b") == "https://huggingface.co/a/b/tree/main"
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert endpoint() == "https://mirror.example"


@pytest.mark.parametrize(
    "name",
    [
        "bert_base_zh",
        "hf://google-bert/bert-base-chinese",
        "kaggle://keras/bert/keras/bert_base_zh/3",
    ],
)
def test_a_preset_is_found_by_each_of_its_names(name):
    assert known_preset(name).name == "bert_base_zh"
    assert known_preset(f"{name}x") is None
