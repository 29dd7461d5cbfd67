import json

import pytest

from kbert.interop.hugging_face_tokenizer_config import (
    segments_note,
    tokenizer_class,
    tokenizer_config,
)

NEW, OLD = "extra_special_tokens", "additional_special_tokens"


def write(folder, **files):
    for name, values in files.items():
        (folder / f"{name}.json").write_text(json.dumps(values))
    return folder


def test_defaults_of_a_folder_without_files(tmp_path):
    assert tokenizer_config(tmp_path) == {}
    assert tokenizer_class(tmp_path, {}) == ("BertTokenizer", "Bert")


@pytest.mark.parametrize(
    ("config", "older", "expected"),
    [
        ({OLD: ["a"]}, {}, {NEW: ["a"]}),
        ({OLD: ["a"], NEW: ["b"]}, {}, {NEW: ["b"]}),
        ({NEW: ["a"]}, {NEW: ["b"], "pad_token": "[PAD]"}, {NEW: ["a", "b"], "pad_token": "[PAD]"}),
        ({"added_tokens_decoder": {}}, {NEW: ["b"]}, {"added_tokens_decoder": {}}),
    ],
    ids=["older name", "both names", "two files", "decoder"],
)
def test_the_special_tokens_of_two_files(config, older, expected, tmp_path):
    write(tmp_path, tokenizer_config=config, special_tokens_map=older)
    assert tokenizer_config(tmp_path) == expected


def test_the_tokenizers_config_decides_the_class_before_the_models(tmp_path):
    write(tmp_path, config={"tokenizer_class": "DistilBertTokenizerFast"})
    assert tokenizer_class(tmp_path, {}) == ("DistilBertTokenizerFast", "DistilBert")
    told = {"tokenizer_class": "PreTrainedTokenizerFast"}
    assert tokenizer_class(tmp_path, told) == ("PreTrainedTokenizerFast", "PreTrained")


@pytest.mark.parametrize(
    ("config", "is_told"),
    [
        ({}, False),
        ({"tokenizer_class": "DistilBertTokenizer"}, True),
        ({"tokenizer_class": "PreTrainedTokenizerFast"}, True),
        (
            {"tokenizer_class": "DistilBertTokenizer", "model_input_names": ["token_type_ids"]},
            False,
        ),
        ({"model_input_names": ["input_ids"]}, True),
    ],
)
def test_one_segment_for_both_texts_gets_a_note(config, is_told, tmp_path):
    write(tmp_path, tokenizer_config=config)
    assert [" gives it 0." in line for line in segments_note(tmp_path)] == [True] * is_told
