from typing import Literal

import pytest

from kbert import InputError
from kbert.config.checks import check_at_least_1, check_share, check_type, expected_of

Size = int | Literal["auto"]
Word = Literal["on", "off"]
Words = tuple[str, ...]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        *((3, int), (3, float), (0.5, float), (False, bool), ("a", str), (("a", "b"), Words)),
        *((None, int | None), (None, Word | None), ("on", Word), (8, Size), ("auto", Size)),
        (None, Size | None),
    ],
)
def test_values_of_the_type_pass(value, hint):
    check_type("setting", value, hint)


@pytest.mark.parametrize(
    ("value", "hint", "message"),
    [
        (True, int, "`setting` must be a whole number. Received: True"),
        (1, bool, "must be true or false. Received: 1"),
        (None, int, "must be a whole number. Received: None"),
        ("3", int | None, "must be a whole number. Received: '3'"),
        (["a"], Words, "must be a list of strings"),
        (("a", 1), Words, "must be a list of strings"),
        ("On", Word, "must be one of on, off. Received: 'On'. Did you mean 'on'?"),
        ("atuo", Size, "must be a whole number or auto. Received: 'atuo'. Did you mean 'auto'?"),
        (0.5, Size, "must be a whole number or auto. Received: 0.5"),
        ("a\0", str, "contains a NUL character"),
    ],
)
def test_other_values_are_refused(value, hint, message):
    with pytest.raises(InputError) as caught:
        check_type("setting", value, hint)
    assert message in str(caught.value)


def test_the_expected_type_is_given_in_words():
    assert [expected_of(kind) for kind in (int, float, bool, str)] == [
        *("a whole number", "a number", "true or false", "a string"),
    ]
    assert expected_of(Word) == "one of on, off"
    assert expected_of(Literal["auto"]) == "auto"


def test_bounds():
    check_at_least_1("patience", None)
    check_at_least_1("patience", 1)
    with pytest.raises(InputError, match="`patience` must be 1 or more. Received: 0"):
        check_at_least_1("patience", 0)
    check_share("dropout", 0)
    for value in (1, -0.1, float("nan")):
        with pytest.raises(InputError, match="`dropout` must be from 0 to below 1"):
            check_share("dropout", value)
