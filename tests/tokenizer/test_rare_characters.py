import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert import KbertError
from kbert.tokenizer.rare_characters import RareCharacters, is_rare

KEPT = RareCharacters(set("aé"), lowercase=False, strip_accents=False, split_cjk=False)
LOWER = RareCharacters(set("aé"), lowercase=True, strip_accents=True, split_cjk=True)
PRIVATE = "\ue000"


@pytest.mark.parametrize("text", ["", "plain", "Zürich, 50 %", "很好", "어디", "😀"])
def test_common(text):
    assert not is_rare(text)


@pytest.mark.parametrize("text", ["ΑΣ", "a\u0600", PRIVATE, "\U0002f81a", "\U00010400"])
def test_rare(text):
    assert is_rare(text)


def test_a_sigma_is_lower_cased_by_its_position():
    assert LOWER.normalize("ΣΑΣ") == "σας"
    assert KEPT.normalize("ΣΑΣ") == "ΣΑΣ"


def test_accents_are_stripped_if_set():
    assert LOWER.normalize("É\u0600") == "e"
    assert KEPT.normalize("É\u0600") == "É"


def test_chinese_characters_are_split_if_set():
    character = "\U00020000"
    assert LOWER.normalize(f"a{character}a") == f"a {character} a"
    assert KEPT.normalize(f"a{character}a") == f"a{character}a"


def test_a_private_character_is_a_letter_only_if_a_piece_has_it():
    known = RareCharacters({PRIVATE}, lowercase=True, strip_accents=True, split_cjk=True)
    assert known.normalize(PRIVATE) == PRIVATE
    assert known.any_private
    assert LOWER.normalize(PRIVATE) == LOWER.unknown
    assert not LOWER.any_private


@given(st.text())
def test_normalized_text_has_no_accents_and_no_controls(text):
    for character in LOWER.normalize(text):
        assert unicodedata.category(character) not in ("Mn", "Cf")
        assert character in "\t\n\r" or unicodedata.category(character) != "Cc"


def test_a_free_letter_is_needed():
    with pytest.raises(KbertError, match="all Yi syllables, but kbert needs one that is free"):
        RareCharacters({chr(c) for c in range(0xA000, 0xA48D)}, True, True, True)
