"""Models in the caches of hubs."""

import json
from pathlib import Path

import pytest

from kbert.cli.main import main
from kbert.interop.model_caches import cache_folders, cached_models


@pytest.fixture
def home(tmp_path, monkeypatch):
    names = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME")
    for name in (*names, "KAGGLEHUB_CACHE", "KERAS_HOME", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def write(folder, config, weights="model.safetensors"):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    if weights:
        (folder / weights).write_bytes(bytes(2_000_000))


def test_where_the_caches_are(home, monkeypatch):
    hub = home / ".cache" / "huggingface" / "hub"
    assert list(cache_folders().values()) == [
        *(hub, home / ".cache" / "kagglehub", home / ".keras" / "models"),
    ]
    monkeypatch.setenv("HF_HOME", "/a")
    monkeypatch.setenv("KERAS_HOME", "/k")
    assert cache_folders()["Hugging Face"] == Path("/a/hub")
    assert cache_folders()["Keras"] == Path("/k/models")
    monkeypatch.setenv("HF_HUB_CACHE", "/b")
    assert cache_folders()["Hugging Face"] == Path("/b")


def test_berts_with_weights_are_found(home, capsys):
    assert cached_models() == []
    hub, kaggle, _ = cache_folders().values()
    chinese = hub / "models--google-bert--bert-base-chinese" / "snapshots" / "abc"
    write(chinese, {"model_type": "bert"})
    write(hub / "models--a--b" / "snapshots" / "abc", {"model_type": "roberta"})
    write(hub / "models--c--d" / "snapshots" / "abc", {"model_type": "bert"}, weights=None)
    (hub / "models--e--f" / "snapshots" / "abc").mkdir(parents=True)
    (hub / "models--e--f" / "snapshots" / "abc" / "config.json").write_text("no JSON")
    tiny = kaggle / "models/keras/bert/keras/bert_tiny_en_uncased/3"
    write(tiny, {"class_name": "BertBackbone"}, "model.weights.h5")
    found = {one.name: (one.folder, one.megabytes) for one in cached_models()}
    assert found == {
        "hf://google-bert/bert-base-chinese": (chinese, 2.0),
        "kaggle://keras/bert/keras/bert_tiny_en_uncased/3": (tiny, 2.0),
    }
    with pytest.raises(SystemExit) as end:
        main(["presets", "--json"])
    assert end.value.code == 0
    record = json.loads(capsys.readouterr().out)
    folders = {one["name"]: one["folder"] for one in record["presets"]}
    assert folders["bert_base_zh"] == str(chinese)
    assert folders["bert_tiny_en_uncased"] == str(tiny)
    assert folders["bert_base_en"] is None
    with pytest.raises(SystemExit):
        main(["presets"])
    shown = capsys.readouterr().out
    assert f"hf://google-bert/bert-base-chinese   2 MB   {chinese}" in shown
    assert "Chinese: most tasks in Chinese" in shown
