import json
import os
from pathlib import Path

import pytest

from kbert import Predictor
from kbert.errors import InputError
from kbert.interop.near_models import near_models
from kbert.interop.sources import find_source


def write(name, age, **content):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(json.dumps(content), encoding="utf-8")
    os.utime(name, (1e9 - age, 1e9 - age))


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Runs and exports, newest first, and folders that cannot predict."""
    monkeypatch.chdir(tmp_path)
    for age, name in enumerate(["runs/c", "runs/films-1", "runs/films-2", "runs/b", "r/a"]):
        write(f"{name}/model/config.json", age)
        write(f"{name}/run.json", age, status="finished")
    write("runs/stopped/run.json", 0)
    write("runs/texts/model/config.json", 0)
    write("runs/texts/run.json", 0, kind="pretraining")
    write("exports/onnx/kbert.json", 0)
    write("exports/hf/config.json", 1, id2label={"0": "no"})
    write("exports/films.keras", 2)
    write("exports/encoder/config.json", 3, model_type="bert")
    write("exports/broken/config.json", 4)
    Path("exports/broken/config.json").write_text("{", encoding="utf-8")
    Path("empty").mkdir()


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("nothing", "runs/c or runs/films-1 or exports/onnx or exports/hf"),
        ("no/such", "runs/c or runs/films-1 or exports/onnx or exports/hf"),
        ("empty", "runs/c or runs/films-1 or exports/onnx or exports/hf"),
        ("films-2", "runs/films-2 or runs/films-1"),
        ("onx", "exports/onnx"),
        ("runs", "runs/c or runs/films-1 or runs/films-2 or runs/b"),
        ("exports", "exports/onnx or exports/hf or exports/films.keras"),
        ("exports/x", "exports/onnx or exports/hf or exports/films.keras"),
        ("exports/onnx/x", "exports/onnx"),
        ("runs/c/x", "runs/c"),
        ("r/zzz", "r/a"),
    ],
)
@pytest.mark.usefixtures("models")
def test_similar_models_are_suggested(path, named):
    assert str(near_models(path)) == f"name an existing model: {named}"


@pytest.mark.usefixtures("models")
def test_every_entry_point_suggests_them():
    named = "Cure: name an existing model: runs/c or runs/films-1 or exports/onnx or exports/hf"
    for refuse in (
        lambda: Predictor.load("nothing"),
        lambda: Predictor.load("Nothing"),  # not a keras-hub name
        lambda: Predictor.load("empty"),
        lambda: find_source("no/such", predicts=True),
    ):
        with pytest.raises(InputError) as refused:
            refuse()
        assert named in str(refused.value)


@pytest.mark.usefixtures("models")
def test_only_runs_are_suggested_for_an_encoder():
    for name in ("runs", "empty", "runs/x/y"):
        with pytest.raises(InputError) as refused:
            find_source(name)
        assert "name an existing run: runs/" in str(refused.value)
        assert "exports" not in str(refused.value)


def test_runs_without_a_model_are_the_last_resort(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("runs/stopped/run.json", 0)
    assert str(near_models("x")) == "name an existing run: runs/stopped"


def test_nothing_is_suggested_without_models(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert near_models("nothing") is None
    with pytest.raises(InputError, match=r"hf://OWNER/Nothing"):
        find_source("Nothing", predicts=True)
