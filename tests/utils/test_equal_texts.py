import pytest

from kbert.utils.equal_texts import bare_pair, bare_text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A good film", "a  GOOD\tfilm \n"),
        ("caf\u00e9", "cafe\u0301"),
        ("\uff27\uff4f\uff4f\uff44!", "good!"),
        ("Stra\u00dfe", "STRASSE"),
        ("\ufb01ne", "FINE"),
        ("go\u200bod", "good"),
        ("\ufeffgood", "good"),
        ("好\u3000片", "好 片"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
def test_equal_texts(one, other):
    assert bare_text(one) == bare_text(other)


@pytest.mark.parametrize(
    ("one", "other"), [("good", "good!"), ("good", "goo d"), ("cafe", "caf\u00e9"), ("1.0", "1")]
)
def test_different_texts(one, other):
    assert bare_text(one) != bare_text(other)


def test_a_pair_counts_as_a_whole():
    assert bare_pair("A  b", "C") == bare_pair("a B", "c")
    different = [("a", "b"), ("b", "a"), ("a b", ""), ("", "ab"), ("ab", ""), ("1:a", "b")]
    assert len({bare_pair(*pair) for pair in different}) == len(different)
