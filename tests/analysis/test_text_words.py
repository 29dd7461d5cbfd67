"""Where the words of a text are, and what is left without one."""

import pytest

from kbert.analysis.text_words import text_words, without


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("So good!", ["So", "good", "!"]),
        ("don't", ["don", "'", "t"]),
        ("很好看 the film2", ["很", "好", "看", "the", "film2"]),
        ("Très été", ["Très", "été"]),
        ("  \n", []),
        ("", []),
    ],
)
def test_words(text, words):
    assert [text[start:end] for start, end in text_words(text)] == words


def test_removing_a_word_does_not_join_its_neighbours():
    assert without("well-made", 4, 5) == "well made"
    assert without("好看", 0, 1) == " 看"
