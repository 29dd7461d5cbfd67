"""Texts that the vocabulary does not know: why, and a cure that fits texts and vocabulary."""

import base64

import pytest

from kbert import Tokenizer, inspect_examples, read_examples
from kbert.data.inspection.unknown_findings import unknown_in_use

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
CHINESE = [*SPECIALS, *"的一是不了人我在有他这电影很好看，。"]
ENGLISH = [*SPECIALS, "a", "fine", "film", "the", "and", "##s", *"bcdefghijklmnopqrstuvwxyz.,"]
ZH = (
    "which is downloaded if this machine does not have it, or "
    'preset="FOLDER", of a BERT whose vocabulary has CJK letters'
)
CAPITALS = [*SPECIALS, "THE", "FILM", "IS", "FINE", "A"]


def finding(texts, vocabulary, **settings):
    rows = [f"{text}" for text in texts] * 30
    examples = read_examples((rows, ["x", "y"] * (len(rows) // 2)))
    tokenizer = Tokenizer(vocabulary, **settings)
    return {f.code: f for f in inspect_examples(examples, tokenizer=tokenizer).findings}.get(
        "unknown-tokens"
    )


@pytest.mark.parametrize(
    ("texts", "vocabulary", "held", "settings", "note"),
    [
        (
            ["A fine film.", "The film"],
            CHINESE,
            "the LATIN letters",
            {"preset": "minilm"},
            "English",
        ),
        (
            *(["Schöne Grüße", "Ärger über Öl"], CHINESE, "the LATIN letters"),
            *({"preset": "bert_base_multi"}, ""),
        ),
        (["电影很好看", "他不在"], ENGLISH, "the CJK letters", {"preset": "bert_base_zh"}, ZH),
        (
            *(["映画はとても面白かった", "つまらない映画"], ENGLISH, "the HIRAGANA letters"),
            *({"preset": "bert_base_multi"}, ""),
        ),
        (
            ["Очень хороший", "Скучно"],
            ENGLISH,
            "the CYRILLIC letters",
            {"preset": "bert_base_multi"},
            "",
        ),
        (
            ["좋은 영화", "나쁜 영화"],
            ENGLISH,
            "the HANGUL letters",
            {"preset": "bert_base_multi"},
            "",
        ),
        (
            ["ሰላም ፊልም", "ፊልም"],
            ENGLISH,
            "the ETHIOPIC letters",
            {"preset": "FOLDER"},
            "ETHIOPIC letters",
        ),
        (["😀 😃", "😂"], ENGLISH, "symbols such as '😀'", {}, "such as :smile:"),
        (["drama quiz", "zebra"], ENGLISH[:9], "the LATIN letters", {"preset": "minilm"}, ""),
        (["12 34", "56 78"], ENGLISH, "words such as '12' from", {}, "the vocabulary belongs to"),
        (["fins sand", "mild"], [*ENGLISH[:9], "sand##"], "nothing to build words", None, ""),
    ],
)
def test_the_cure_fits_texts_and_vocabulary(texts, vocabulary, held, settings, note):
    found = finding(texts, vocabulary)
    assert found.severity == "error"
    assert held in found.message
    assert note in str(found.cure)
    if settings is not None:
        assert found.cure.settings == settings


def test_encoded_data():
    texts = [base64.b64encode(bytes(range(n, n + 160))).decode() for n in (0, 7)]
    found = finding(texts, ENGLISH)
    assert "words of more than 200 characters" in found.message
    assert "encoded data" in found.message
    assert str(found.cure) == (
        'separate the words by blanks, or text="NAME", if another column holds the texts'
    )


def test_casing():
    found = finding(["THE FILM IS FINE", "A FILM"], CAPITALS)
    assert found.severity == "error"
    assert "the tokenizer lower-cases, but its vocabulary does not" in found.message
    assert str(found.cure) == "Tokenizer(..., lowercase=False)"


def test_a_model_in_use_warns():
    tokenizer = Tokenizer(ENGLISH)
    known = read_examples((["a fine film", "the film"], ["x", "y"]))
    assert unknown_in_use(known, tokenizer) is None
    found = unknown_in_use(read_examples((["电影很好看", "他"], ["x", "y"])), tokenizer)
    assert found.severity == "warning"
    assert str(found.cure) == (
        "a model labels only what its vocabulary can tell apart; train one that knows these texts: "
        'kbert.train(kbert.TrainConfig("DATA", preset="bert_base_zh")), which is downloaded if '
        'this machine does not have it, or preset="FOLDER", of a BERT whose vocabulary has CJK '
        "letters"
    )
