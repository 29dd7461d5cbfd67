"""Messages and refusals before a pretraining run starts."""

import pytest

from kbert import InputError, Masking
from kbert.config.pretrain_config import PretrainConfig
from kbert.data import masking
from kbert.runs import prepare_pretraining as module
from kbert.runs.prepare_pretraining import prepare_pretraining

CHINESE = ["这部电影很好看。", "我不喜欢这家酒店。", "房间又小又旧。", "服务员非常热情！"]


@pytest.fixture
def prepared(tiny_preset, tmp_path, monkeypatch):
    """A function that prepares a run on texts, with a segmenter of Chinese words."""
    monkeypatch.setattr(module, "choose_backend", lambda wanted: "torch")

    def prepare(texts, segmenter=None, preset=tiny_preset, **settings):
        monkeypatch.setattr(module, "chinese_segmenter", lambda: segmenter)
        path = tmp_path / "texts.txt"
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        return prepare_pretraining(
            PretrainConfig(
                str(path),
                preset=str(preset),
                max_length=16,
                dev_proportion=0.3,
                precision="float32",
                allow=("too-few-updates", "unknown-tokens"),  # Chinese with an English vocabulary
                **settings,
            )
        )

    return prepare


def test_chinese_words_depend_on_the_segmenter(prepared, monkeypatch, capsys):
    found = prepared(CHINESE)
    assert found.words == "characters"
    assert "pip install rjieba" in capsys.readouterr().out
    monkeypatch.setattr(module, "version", lambda name: "1.0")
    assert prepared(CHINESE, list).words == "rjieba 1.0"
    assert "Whole Chinese words are masked" in capsys.readouterr().out


def test_english_texts_get_no_message_about_chinese(prepared, capsys):
    prepared(["A good film.", "A bad film.", "No film."])
    assert "Chinese" not in capsys.readouterr().out


def test_the_seed_decides_which_texts_are_set_aside(prepared):
    texts = [f"Film number {number}." for number in range(40)]
    first, again, other = (prepared(texts, seed=seed).sets["dev"].texts for seed in (0, 0, 1))
    assert list(first) == list(again)
    assert set(first) != set(other)
    assert len(first) == len(other) == 12


def test_a_preset_without_a_mask_token_is_refused(prepared, tiny_preset, tmp_path):
    pieces = (tiny_preset / "vocab.txt").read_text(encoding="utf-8").replace("[MASK]", "[OTHER]")
    own = tmp_path / "own"
    own.mkdir()
    (own / "config.json").write_bytes((tiny_preset / "config.json").read_bytes())
    (own / "vocab.txt").write_text(pieces, encoding="utf-8")
    with pytest.raises(InputError, match=r"has no \[MASK\]"):
        prepared(["A good film.", "A bad film.", "No film."], preset=str(own))


def test_there_is_no_segmenter_without_its_package(monkeypatch):
    monkeypatch.setattr(masking.importlib.util, "find_spec", lambda name: None)
    assert masking.chinese_segmenter() is None
    assert Masking.slots(128) == 19
