"""A tokenizer.json of kbert's gives final sigmas kbert's ids, which are Google's."""

import json
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as RustTokenizer

from kbert.interop.hugging_face_tokenizer import hugging_face_tokenizer
from kbert.tokenizer.rare_characters import RareCharacters
from kbert.tokenizer.tokenizer import Tokenizer

LETTERS = "abδορμσς.'"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
LOWER = Tokenizer(PIECES)
RARE = RareCharacters(set(LETTERS), lowercase=True, strip_accents=True, split_cjk=True)
RUST = RustTokenizer.from_str(LOWER.to_hugging_face())


def their_ids(text):
    return RUST.encode(text, add_special_tokens=False).ids


@given(st.text(st.sampled_from("ΣσςΔΟδο .'’:·-^\u0301\u0345\u00ad\u200b\x01\x85\t\0\ufffd1ªⅠ")))
@example("ΔΡΌΜΟΣ")
@example("Ο ΔΡΟΜΟΣ. ΔΡΟΜΟΣ'Α Σ 1Σ ΑΣΣ")
@settings(max_examples=500, deadline=None)
def test_the_ids_are_those_of_kbert(text):
    assert LOWER.token_ids([text]) == [their_ids(text)]


def test_every_letter_beside_a_sigma():
    wrong = []
    for number in [*range(0xD800), *range(0xE000, 0x20000)]:
        letter = chr(number)
        if unicodedata.category(letter) in ("Cn", "Co") or number > 0x1F800:
            continue
        text = f"δ{letter}Σ δΣ{letter} δΣ{letter}δ {letter}Σ"
        if RARE.normalize(text).count("ς") != RUST.normalizer.normalize_str(text).count("ς"):
            wrong.append(f"{number:x} {unicodedata.name(letter, '?')}")
    assert wrong == []


@pytest.mark.parametrize("max_word_length", [100, 200])
def test_kbert_reads_what_it_has_written(max_word_length, tmp_path):
    file = tmp_path / "tokenizer.json"
    tokenizer = Tokenizer(PIECES, max_word_length=max_word_length)
    file.write_text(tokenizer.to_hugging_face(), encoding="utf-8")
    assert Tokenizer.from_file(file).get_config() == tokenizer.get_config()
    (tmp_path / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "PreTrainedTokenizerFast"}'
    )
    assert hugging_face_tokenizer(tmp_path).get_config() == tokenizer.get_config()


@pytest.mark.parametrize(
    "tokenizer",
    [Tokenizer(PIECES, lowercase=False), Tokenizer([*PIECES[:4], "a", "b"])],
    ids=["cased", "no sigma"],
)
def test_the_normalizer_is_berts_if_no_sigma_can_differ(tokenizer):
    assert json.loads(tokenizer.to_hugging_face())["normalizer"]["type"] == "BertNormalizer"


def test_a_changed_normalizer_is_refused(tmp_path):
    spec = json.loads(LOWER.to_hugging_face())
    spec["normalizer"]["normalizers"][0]["content"] = "x"
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(spec))
    with pytest.raises(ValueError, match="normalizes with Sequence; kbert supports only Bert"):
        Tokenizer.from_file(file)
