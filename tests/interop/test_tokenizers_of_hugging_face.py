"""The ids are those of transformers' AutoTokenizer for every combination of a folder's files."""

import json
import runpy
import shutil
from pathlib import Path

import pytest
import transformers

from kbert import KbertError, Tokenizer
from kbert.interop.hugging_face_tokenizer import hugging_face_tokenizer, tokenizer_of_0_1
from kbert.interop.sources import find_source

table = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "tokenizer_table.py"))
TEXTS, write_folder, differences = (table[n] for n in ("TEXTS", "write_folder", "differences"))
CASES = [pytest.param(arguments, id=name) for name, arguments in table["cases"]()]


@pytest.mark.parametrize("arguments", CASES)
def test_ids(arguments, tmp_path):
    for number, case in enumerate(arguments):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_folder(folder, *case)
        assert differences(folder) == [], case


def test_the_combinations_differ(tmp_path):
    """Otherwise equal ids would prove little."""
    found = {}
    for settings in table["SETTINGS"]:
        folder = tmp_path / "-".join(map(str, settings))
        folder.mkdir()
        write_folder(folder, "BertTokenizer", settings, None)
        ids = hugging_face_tokenizer(folder).token_ids(TEXTS)
        lower, accents, chinese = settings
        strips = lower is not False if accents is None else accents
        found.setdefault((lower is not False, strips, chinese is not False), set()).add(repr(ids))
    assert len(found) == 8
    assert all(len(ids) == 1 for ids in found.values())
    assert len(set.union(*found.values())) == 8


def test_texts_on_which_kbert_follows_google(tmp_path):
    """They are final sigmas, and special pieces that occur in a text."""
    write_folder(tmp_path, None, None, None)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    ours = hugging_face_tokenizer(tmp_path)
    for text, what in ((table["FINAL_SIGMA"], "δρομος"), ("the [SEP] end", "[")):
        assert ours.token_ids([text])[0] != theirs(text, add_special_tokens=False)["input_ids"]
        assert ours.ids[what] in ours.token_ids([text])[0]


@pytest.mark.parametrize("length", [8, 512, 10**30, None])
def test_model_max_length(length, tmp_path):
    config = {"model_type": "bert", "vocab_size": 9, "hidden_size": 2, "num_attention_heads": 1}
    config |= {"num_hidden_layers": 1, "intermediate_size": 4, "max_position_embeddings": 64}
    write_folder(tmp_path, "BertTokenizer", None, None)
    (tmp_path / "config.json").write_text(json.dumps(config))
    settings = {} if length is None else {"model_max_length": length}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    expected = {8: 8, 512: 64}.get(length)
    assert find_source(tmp_path).max_length() == expected


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("BertJapaneseTokenizer", "tokenizer_class must be BertTokenizer, or PreTrainedTokeniz"),
        ("RobertaTokenizerFast", "Received: 'RobertaTokenizerFast'"),
        (["BertTokenizer"], "tokenizer_class must be BertTokenizer"),
        ("PreTrainedTokenizerFast", "no file .*tokenizer.json, which a PreTrainedTokenizerFast"),
    ],
    ids=str,
)
@pytest.mark.parametrize("file", ["tokenizer_config.json", "config.json"])
def test_other_classes_are_refused(kind, message, file, tmp_path):
    write_folder(tmp_path, None, None, None)
    (tmp_path / file).write_text(json.dumps({"model_type": "bert", "tokenizer_class": kind}))
    with pytest.raises(KbertError, match=message):
        hugging_face_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"post_processor": None}, "post_processor must put .CLS. and .SEP. around"),
        ({"post_processor": {"type": "TemplateProcessing", "single": 3}}, "post_processor must"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "finds words with Whitespace"),
        ({"pre_tokenizer": None}, "finds words with None; kbert supports only BertPreTokenizer"),
        ({"normalizer": {"type": "Lowercase"}}, "normalizes with Lowercase"),
        (
            {"normalizer": {"type": "BertNormalizer", "clean_text": False}},
            "clean_text of the normalizer must be True",
        ),
        ({"model": {"unk_token": "<unk>"}}, "unk_token of the model must be '.UNK.'"),
        ({"model": {"continuing_subword_prefix": "_"}}, "continuing_subword_prefix of the model"),
        ({"model": {"max_input_chars_per_word": 0}}, "max_word_length must be a whole number"),
    ],
    ids=str,
)
def test_an_unsupported_tokenizer_json_is_refused_if_read_whole(changes, message, tmp_path):
    write_folder(tmp_path, "PreTrainedTokenizerFast", None, (None,) * 3)
    file = tmp_path / "tokenizer.json"
    spec = json.loads(file.read_text())
    model = {**spec["model"], **changes.get("model", {})}
    file.write_text(json.dumps({**spec, **changes, "model": model}))
    with pytest.raises(KbertError, match=message):
        hugging_face_tokenizer(tmp_path)
    if "pre_tokenizer" in changes:  # BertTokenizer uses only the pieces
        (tmp_path / "tokenizer_config.json").write_text("{}")
        assert differences(tmp_path) == []


@pytest.mark.parametrize("name", ["pad", "unk", "cls", "sep"])
def test_other_special_pieces_are_refused(name, tmp_path):
    write_folder(tmp_path, None, None, None)
    for value in ("<x>", {"content": "<x>"}, None):
        (tmp_path / "tokenizer_config.json").write_text(json.dumps({f"{name}_token": value}))
        with pytest.raises(KbertError, match=f"{name}_token must be "):
            hugging_face_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("do_lower_case", value) for value in ("false", None, 0, [True])),
        *(("strip_accents", value) for value in ("null", 1)),
        *(("tokenize_chinese_chars", None), ("split_special_tokens", "yes")),
    ],
)
def test_settings_that_are_neither_true_nor_false_are_refused(name, value, tmp_path):
    write_folder(tmp_path, None, None, None)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({name: value}))
    with pytest.raises(KbertError, match=f"tokenizer_config.json: {name} must be true") as refusal:
        hugging_face_tokenizer(tmp_path)
    assert str(refusal.value).endswith(f"Received: {value!r}")


def test_the_tokenizer_of_0_1(tmp_path):
    """It followed tokenizer.json, and looked up words of 200 characters; its runs still do."""
    write_folder(tmp_path, "BertTokenizer", (True, None, None), (False, None, None))
    assert hugging_face_tokenizer(tmp_path).lowercase
    old = tokenizer_of_0_1(tmp_path)
    vocabulary = (tmp_path / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    assert old.fingerprint == Tokenizer(vocabulary, lowercase=False).fingerprint
    assert [t.fingerprint for t in find_source(tmp_path).earlier_tokenizers()] == [old.fingerprint]
    (tmp_path / "tokenizer.json").unlink()
    assert tokenizer_of_0_1(tmp_path).fingerprint == Tokenizer(vocabulary).fingerprint


@pytest.mark.parametrize("file", [None, (True, None, None)], ids=["vocab.txt", "tokenizer.json"])
def test_the_cure_for_wrong_casing(file, tmp_path):
    for kind in table["KINDS"]:
        if kind == "PreTrainedTokenizerFast" and file is None:
            continue
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        write_folder(tmp_path, kind, None, file)
        cure = str(hugging_face_tokenizer(tmp_path).casing_cure)
        name = "tokenizer.json" if kind == "PreTrainedTokenizerFast" else "tokenizer_config.json"
        setting = json.loads("{" + cure.split(" in ")[0] + "}")
        assert cure.endswith(str(tmp_path / name))
        content = json.loads((tmp_path / name).read_text()) if (tmp_path / name).exists() else {}
        (content["normalizer"] if "in the normalizer of" in cure else content).update(setting)
        (tmp_path / name).write_text(json.dumps(content))
        found = hugging_face_tokenizer(tmp_path)
        assert found.lowercase is False
        assert differences(tmp_path) == []
        assert "true" in str(found.casing_cure)


def change(folder, **parts):
    file = folder / "tokenizer.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **parts}))


AROUND = {"cls": ["[CLS]", 2], "sep": ["[SEP]", 3]}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"pre_tokenizer": None}, "finds words with None"),
        ({"post_processor": {"type": "BertProcessing", **AROUND}}, None),
        ({"post_processor": {"type": "BertProcessing", **AROUND, "cls": ["[CLS]", 9]}}, "around"),
        ({"post_processor": {"type": "BertProcessing", "cls": ["[SEP]", 3]}}, "around"),
    ],
)
def test_parts_of_a_tokenizer_json(parts, message, tmp_path):
    write_folder(tmp_path, "PreTrainedTokenizerFast", None, (None,) * 3)
    change(tmp_path, **parts)
    if message is None:
        assert differences(tmp_path) == []
        return
    with pytest.raises(KbertError, match=message):
        hugging_face_tokenizer(tmp_path)


def test_a_tokenizer_json_without_a_pre_tokenizer_is_refused(tmp_path):
    write_folder(tmp_path, "PreTrainedTokenizerFast", None, (None,) * 3)
    spec = json.loads((tmp_path / "tokenizer.json").read_text())
    del spec["pre_tokenizer"]
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec))
    with pytest.raises(KbertError, match="finds words with None"):
        hugging_face_tokenizer(tmp_path)


@pytest.mark.parametrize("ids", [[9], [9, 8], []])
def test_other_ids_around_texts_are_refused(ids, tmp_path):
    write_folder(tmp_path, "PreTrainedTokenizerFast", None, (None,) * 3)
    template = json.loads((tmp_path / "tokenizer.json").read_text())["post_processor"]
    template["special_tokens"]["[CLS]"]["ids"] = ids
    change(tmp_path, post_processor=template)
    with pytest.raises(KbertError, match=r"must put \[CLS\] and \[SEP\] around texts"):
        hugging_face_tokenizer(tmp_path)


@pytest.mark.parametrize("kind", ["BertTokenizer", "PreTrainedTokenizerFast"])
@pytest.mark.parametrize("told", ["tokenizer_config.json", "tokenizer.json"])
def test_long_texts_cut_on_the_left(told, kind, tmp_path):
    write_folder(tmp_path, kind, (None,) * 3, (None,) * 3)
    file = tmp_path / "tokenizer_config.json"
    config = json.loads(file.read_text())
    if told == "tokenizer.json":
        left = {"direction": "Left", "max_length": 9, "strategy": "LongestFirst", "stride": 0}
        change(tmp_path, truncation=left)
    else:
        file.write_text(json.dumps({**config, "truncation_side": "left"}))
    assert hugging_face_tokenizer(tmp_path).long_text == "tail"
    file.write_text(json.dumps({**config, "truncation_side": "right"}))
    assert hugging_face_tokenizer(tmp_path).long_text == "head"
    assert differences(tmp_path) == []


def test_a_vocabulary_with_a_byte_order_mark(tmp_path):
    write_folder(tmp_path, None, None, None)
    expected = hugging_face_tokenizer(tmp_path).fingerprint
    file = tmp_path / "vocab.txt"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert hugging_face_tokenizer(tmp_path).fingerprint == expected
