from pathlib import Path

import pytest

from kbert.errors import InputError
from kbert.interop.hugging_face_tokenizer_checks import (
    check_special_pieces,
    check_switches,
    check_template,
    kept_of_long_texts,
)

FOLDER = Path("model")
IDS = {"[CLS]": 2, "[SEP]": 3}
CLS, SEP = ({"SpecialToken": {"id": name, "type_id": 0}} for name in IDS)
FIRST, SECOND = ({"Sequence": {"id": name, "type_id": n}} for n, name in enumerate("AB"))
LAST = {"SpecialToken": {"id": "[SEP]", "type_id": 1}}
TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [CLS, FIRST, SEP],
    "pair": [CLS, FIRST, SEP, SECOND, LAST],
    "special_tokens": {name: {"ids": [number]} for name, number in IDS.items()},
}


def test_special_pieces_must_have_berts_names():
    check_special_pieces({}, FOLDER)
    check_special_pieces({"pad_token": {"content": "[PAD]"}, "cls_token": "[CLS]"}, FOLDER)
    for value in ("<s>", {"content": "<s>"}, None):
        with pytest.raises(InputError, match="tokenizer_config.json: cls_token must be '.CLS.'"):
            check_special_pieces({"cls_token": value}, FOLDER)


def test_switches_are_true_or_false():
    check_switches({"do_lower_case": False, "strip_accents": None}, FOLDER)
    with pytest.raises(InputError, match="do_lower_case must be true or false. Received: None"):
        check_switches({"do_lower_case": None}, FOLDER)
    with pytest.raises(InputError, match="strip_accents must be true, false or null. Received: 1"):
        check_switches({"strip_accents": 1}, FOLDER)


def test_the_side_where_long_texts_are_cut():
    left = {"truncation": {"direction": "Left"}}
    for config, spec in (
        ({}, None),
        ({}, {"truncation": None}),
        ({"truncation_side": "right"}, left),
    ):
        assert kept_of_long_texts(config, spec, FOLDER) == "head"
    for config, spec in (({}, left), ({"truncation_side": "left"}, {})):
        assert kept_of_long_texts(config, spec, FOLDER) == "tail"
    with pytest.raises(InputError, match="truncation_side must be left or right. Received: 'up'"):
        kept_of_long_texts({"truncation_side": "up"}, None, FOLDER)


@pytest.mark.parametrize(
    "template",
    [TEMPLATE, {"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]}],
    ids=["template", "bert"],
)
def test_the_post_processor_must_add_cls_and_sep(template):
    check_template(template, IDS, FOLDER / "tokenizer.json")
    for changed in (None, {}, {**template, "type": "ByteLevel"}):
        with pytest.raises(InputError, match="post_processor must put .CLS. and .SEP. around"):
            check_template(changed, IDS, FOLDER / "tokenizer.json")
    with pytest.raises(InputError, match="post_processor must"):
        check_template(template, {**IDS, "[SEP]": 9}, FOLDER / "tokenizer.json")


def test_one_segment_for_both_texts_is_refused():
    second = {"Sequence": {"id": "B", "type_id": 0}}
    changed = {**TEMPLATE, "pair": [CLS, FIRST, SEP, second, SEP]}
    with pytest.raises(InputError, match="post_processor must"):
        check_template(changed, IDS, FOLDER / "tokenizer.json")
