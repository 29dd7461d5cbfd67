import pytest

from kbert import Tokenizer
from kbert.data.inspection.unknown_words import find_unknown_words, script_of

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
ENGLISH = Tokenizer([*SPECIALS, "a", "fine", "film", "f", "##i", "##l", ".", ","])


@pytest.mark.parametrize(
    ("texts", "cause", "script", "example"),
    [
        (["Хороший фильм. Хороший"], "script", "CYRILLIC", "Хороший"),
        (["电影"], "script", "CJK", "电"),
        (["映画はとても面白い"], "script", "HIRAGANA", None),
        (["映画面白い"], "script", "KATAKANA", None),  # not Chinese
        (["a film ☆☆☆", "☆☆☆"], "symbols", None, "☆☆☆"),
        (["mill lima film"], "pieces", "LATIN", None),
        (["f" * 300], "length", "LATIN", "f" * 40),
    ],
)
def test_the_cause(texts, cause, script, example):
    found = find_unknown_words(texts, ENGLISH)
    assert (found.cause, found.script) == (cause, script)
    if example is not None:
        assert found.example == example


def test_known_words():
    assert find_unknown_words(["a fine film.", "A film, fil"], ENGLISH) is None


@pytest.mark.parametrize(("letter", "script"), [("a", "LATIN"), ("я", "CYRILLIC"), ("电", "CJK")])
def test_script_of(letter, script):
    assert script_of(letter) == script
