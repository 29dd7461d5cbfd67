import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.data.reading.label_keys import label_key, likeness, number_of


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
        ["0.5", ".5", "00.50", "5e-1", "0.05E1", "０.５"],
        ["-3", "-3.0", "−3", "－3", "- 3"],
        ["good", "Good", " good ", "go od", "ＧＯＯＤ", "good\u200b", "\ufeffgood"],
        ["café", "cafe\u0301", "CAFÉ"],
        ["straße", "STRASSE"],
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
    names += ["1.0.0", "1,000", "1000", "e", "1e", "true", "", "٢"]
    for one, other in itertools.combinations(names, 2):
        assert label_key(one) != label_key(other), (one, other)
    long = "1" + "0" * 40
    assert label_key(f"{long}1") != label_key(f"{long}2")


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)


@given(DECIMALS, DECIMALS)
def test_numbers_are_compared_as_decimals_are(one, other):
    assert (number_of(str(one)) == number_of(str(other))) == (one == other)
    assert number_of(f"{one:e}") == number_of(str(one))


@pytest.mark.parametrize(
    "name", ["", "-", ".", "e1", "1e", "nan", "inf", "0x1", "1_0", "--1", "1 a", "½"]
)
def test_words_are_no_numbers(name):
    assert number_of(name) is None


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [("1", "1.0", "number"), ("Good", "go od", "case"), ("fine", "ｆine", "form")],
)
def test_in_what_they_agree(one, other, kind):
    assert likeness(one, other) == kind
