import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kbert.errors import InputError
from kbert.results.given_texts import as_texts

TEXTS = ["a story", "größer"]


@pytest.mark.parametrize(
    "given",
    [
        *(TEXTS, tuple(TEXTS), np.array(TEXTS), np.array(TEXTS, object), iter(TEXTS)),
        *(pd.Series(TEXTS, index=[7, 3]), pd.array(TEXTS, "string"), pd.Categorical(TEXTS)),
        *(pa.array(TEXTS), [text.encode() for text in TEXTS], dict.fromkeys(TEXTS).keys()),
        (text for text in TEXTS),
    ],
    ids=lambda given: type(given).__name__,
)
def test_lists_of_texts_of_any_kind(given):
    firsts, seconds = as_texts(given)
    assert (firsts, seconds) == (TEXTS, None)
    assert {type(text) for text in firsts} == {str}


def test_pairs():
    assert as_texts(TEXTS, pd.Series(["x", "y"])) == (TEXTS, ["x", "y"])
    with pytest.raises(InputError, match=r"must have the same length\. Received: 2 and 1"):
        as_texts(TEXTS, ["x"])


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("story", "`texts` must be a list of strings. For one text: [text]"),
        (b"story", "For one text: [text]"),
        (None, "Received: None (None)"),
        (7, "Received: a number (7)"),
        ({"text": TEXTS}, "Received: a dict"),
        ({"a"}, "Received: a set ({'a'})"),
        (np.array("story"), "Received: an array"),
        (pd.DataFrame({"text": TEXTS}), 'Received: a data frame. Cure: frame["text"]'),
        (["a", None], "Received at position 1: missing (None). Cure: leave missing texts out"),
        ([float("nan")], "Received at position 0: missing (nan)"),
        (pd.Series(["a", None]), "Received at position 1: missing"),
        ([pd.NA], "missing (<NA>)"),
        (["a", 7], "Received at position 1: a number (7)"),
        ([True], "Received at position 0: a bool (True)"),
        ([b"\xff"], "Received at position 0: bytes that are not utf-8 (0xff)"),
        ([("a", "b")], "a tuple (('a', 'b')). Cure: give the second texts of pairs as `pairs`"),
        ([["a"]], "Received at position 0: a list (['a'])"),
        (np.array([["a"], ["b"]]), "Received at position 0: an array"),
        ([{"text": "a"}], "Received at position 0: a dict"),
        (["a", ""], "position 1: an empty text (''). Cure: leave it out, or fill it in"),
        *(
            ([" \t\n"], "an empty text"),
            (["\u200b\xa0"], "an empty text"),
            ([b""], "an empty text"),
        ),
    ],
    ids=repr,
)
def test_anything_but_a_list_of_texts_is_refused(given, held):
    with pytest.raises(InputError) as refusal:
        as_texts(given)
    assert held in str(refusal.value)


def test_refusals_name_the_pairs():
    with pytest.raises(
        InputError, match=r"Each of `pairs` must be .* position 1: missing \(None\)"
    ):
        as_texts(TEXTS, ["x", None])
    with pytest.raises(InputError, match=r"Each of `pairs` must be .* position 0: an empty text"):
        as_texts(TEXTS, ["", "x"])


def test_a_tokenizer_takes_an_empty_text():
    assert as_texts(["a", " "], blank=True) == (["a", " "], None)
