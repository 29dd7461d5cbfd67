from pathlib import Path

import pytest

from kbert import KbertError
from kbert.tokenizer.hugging_face_files import (
    added_tokens_beside,
    parse_added_tokens,
    parse_tokenizer_json,
    special_tokens,
)

SOURCE = Path("tokenizer.json")
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]
IDS = {piece: number for number, piece in enumerate(PIECES)}
SPEC = {
    "model": {"type": "WordPiece", "vocab": IDS},
    "normalizer": {"type": "BertNormalizer", "lowercase": False, "handle_chinese_chars": False},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
}


def test_settings():
    added = [{"id": 2, "content": "[CLS]"}, {"id": 5, "content": "<user>", "special": False}]
    assert parse_tokenizer_json({**SPEC, "added_tokens": added}, SOURCE) == {
        "vocabulary": PIECES,
        "lowercase": False,
        "strip_accents": None,
        "split_cjk": False,
        "max_word_length": 100,
        "added_tokens": [{"content": "<user>", "normalized": True, "special": False}],
    }


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": {"type": "BPE", "vocab": {}}}, "of the kind BPE; kbert supports only BERT's"),
        ({"model": 3}, "of the kind unknown"),
        (
            {"normalizer": {"type": "NFC"}},
            "normalizes with NFC; kbert supports only BertNormalizer",
        ),
        ({"normalizer": None}, "normalizes with None"),
        ({"model": {"vocab": {"a": 0, "b": 2}}}, "the ids of the vocabulary are not 0 to 1"),
        ({"added_tokens": "all"}, "added_tokens must be a list of objects. Received: 'all'"),
    ],
)
def test_refuses_a_file(changed, message):
    with pytest.raises(KbertError, match=f"tokenizer.json.* {message}"):
        parse_tokenizer_json({**SPEC, **changed}, SOURCE)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([("5", {"content": "x"})], "with an integer as its id"),
        ([(5, "x")], "must be an object"),
        ([(6, {"content": "x"})], "'x' has the id 6, but 5 was expected"),
        ([(3, {"content": "a"})], "'a' has the id 3, but 4 was expected"),
    ],
)
def test_refuses_an_added_token(tokens, message):
    with pytest.raises(KbertError, match=message):
        parse_added_tokens(tokens, IDS, SOURCE)


def test_special_tokens_are_not_normalized():
    tokens = [(6, {"content": "Y", "special": True}), (5, {"content": "x"})]
    assert parse_added_tokens(tokens, IDS, SOURCE) == [
        {"content": "x", "normalized": True},
        {"content": "Y", "normalized": False, "special": True},
    ]


def test_a_decoder_takes_precedence_over_the_older_file():
    config = {"added_tokens_decoder": {"5": {"content": "x", "lstrip": True}}}
    found = added_tokens_beside(config, {"other": 5}, IDS, SOURCE)
    assert found == [{"content": "x", "normalized": True, "lstrip": True}]
    assert [t["content"] for t in added_tokens_beside({}, {"other": 5}, IDS, SOURCE)] == ["other"]
    with pytest.raises(KbertError, match="added_tokens_decoder must be an object. Received: 3"):
        added_tokens_beside({"added_tokens_decoder": 3}, {}, IDS, SOURCE)


def test_special_tokens():
    config = {
        "cls_token": "[CLS]",
        "bos_token": {"content": "<s>", "rstrip": True},
        "additional_special_tokens": ["<x>"],
        "extra_special_tokens": {"image": "<img>"},
        "pad_token": None,
        "model_max_length": 512,
    }
    found = special_tokens(config)
    assert [token["content"] for token in found] == ["<s>", "<x>", "<img>"]
    assert [token["rstrip"] for token in found] == [True, False, False]
    assert all(token["special"] and not token["normalized"] for token in found)
