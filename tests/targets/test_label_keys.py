import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.targets.label_keys import label_key, likeness, number_of


@pytest.mark.parametrize(
    "names",
    [
        [
            "1",
            "1.0",
            "01",
            "+1",
            "1e0",
            " 1",
            "1.",
            "１",
            "١",
            "१",
            "0.1e1",
            "1E+00",
            "\u200b1",
            "①",
        ],
        ["0", "00", "0.0", "-0", "+0", ".0", "0e5", "０"],
        ["0.5", ".5", "00.50", "5e-1", "0.05E1", "０.５", "0,5", "0,500"],
        ["1000", "1,000", "1,000.0", "1e3", "1 000"],
        ["1000.5", "1.000,5", "1,000.5", "1000,5"],
        ["-3", "-3.0", "-3,0", "−3", "－3", "- 3", "–3", "—3"],
        ["good", "Good", " good ", "go od", "ＧＯＯＤ", "good\u200b", "\ufeffgood"],
        ["café", "cafe\u0301", "CAFÉ"],
        ["straße", "STRASSE"],
        ["İyi", "iyi", "İYİ", "iyı"],
        ["❤", "❤\ufe0f"],
        ["joy", "\u3164joy", "jo\u034fy", "joy\u2800"],
        ["sci-fi", "sci\u2011fi", "sci\u2013fi", "Sci - Fi"],
        ["don't know", "don\u2019t know", '"don\u2019t know"'],
        ["good news", '"good news"', "'good news'", "\u201cGood news\u201d", "g\u043e\u043ed news"],
        ["ﬁne", "fine"],
        ["①a", "1a"],
    ],
    ids=lambda names: names[0],
)
def test_one_value_in_several_forms(names):
    assert len({label_key(name) for name in names}) == 1


def test_different_values():
    names = [
        "1",
        "10",
        "-1",
        "0.1",
        "0",
        "1e2",
        "1a",
        "a",
        "cafe",
        "café",
        "good",
        "goods",
        "-",
        ".",
    ]
    names += ["1.0.0", "1,5,2", "1000", "e", "1e", "true", "", "٢"]
    for one, other in itertools.combinations(names, 2):
        assert label_key(one) != label_key(other), (one, other)
    long = "1" + "0" * 40
    assert label_key(f"{long}1") != label_key(f"{long}2")


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)


@given(DECIMALS, DECIMALS)
def test_numbers_compare_like_decimals(one, other):
    assert (number_of(str(one)) == number_of(str(other))) == (one == other)
    assert number_of(f"{one:e}") == number_of(str(one))


@pytest.mark.parametrize(
    "name", ["", "-", ".", "e1", "1e", "nan", "inf", "0x1", "1_0", "--1", "1 a", "½"]
)
def test_words_are_not_numbers(name):
    assert number_of(name) is None


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [("1", "1.0", "number"), ("Good", "go od", "case"), ("fine", "ｆine", "form")],
)
def test_likeness_of_two_values(one, other, kind):
    assert likeness(one, other) == kind
