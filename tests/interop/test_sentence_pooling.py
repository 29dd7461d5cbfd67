"""The pooling that a sentence encoder's files describe."""

import json

import pytest

from kbert.errors import InputError
from kbert.interop.sentence_pooling import sentence_pooling
from kbert.interop.sources import find_source

OLD = {
    "pooling_mode_cls_token": False,
    "pooling_mode_mean_tokens": True,
    "word_embedding_dimension": 4,
}


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        (OLD, "mean"),
        ({**OLD, "pooling_mode_cls_token": True}, "cls"),  # both, which no head here supports
        ({"pooling_mode_max_tokens": True}, "cls"),
        ({"pooling_mode_mean_tokens": "yes"}, "cls"),
        ({"pooling_mode": "mean", "embedding_dimension": 4}, "mean"),
        ({"pooling_mode": ["mean"]}, "mean"),
        ({"pooling_mode": ["mean", "max"]}, "cls"),
        ({"pooling_mode": "cls"}, "cls"),
        ({}, "cls"),
    ],
)
def test_pooling_is_read_from_the_file(config, pooling, tmp_path):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(config))
    assert sentence_pooling(tmp_path) == pooling


def test_cls_is_the_default_without_the_file(tmp_path):
    assert sentence_pooling(tmp_path) == "cls"


def test_a_file_that_is_not_json_is_refused(tmp_path):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text("mean")
    with pytest.raises(InputError, match=r"1_Pooling/config\.json"):
        sentence_pooling(tmp_path)


def test_minilm_uses_mean_pooling():
    assert find_source("minilm").pooling() == "mean"
