import numpy as np
import pandas as pd
import pytest

from kbert.errors import InputError
from kbert.utils.label_names import check_label_names, label_names


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["a", "b"], ("a", "b")),
        ((0, 1, 2), ("0", "1", "2")),
        ([1.0, 0.5, True], ("1", "0.5", "True")),
        (np.array([3, 1]), ("3", "1")),
        (pd.Index(["x", "y"]), ("x", "y")),
        ([b"x"], ("x",)),
        ((name for name in "ab"), ("a", "b")),
        ([], ()),
    ],
    ids=lambda value: None if hasattr(value, "send") else repr(value),  # no address of a generator
)
def test_names_of_any_kind(given, names):
    assert label_names(given, "labels") == names


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("ab", "labels must be a list of names. Received: 'ab'"),
        (None, "labels must be a list of names. Received: None"),
        (2, "labels must be a list of names. Received: 2"),
        ({"a": 0}, "labels must be a list of names. Received: {'a': 0}"),
        ({"a"}, "labels must be a list of names. Received: {'a'}"),
        (["a", None], "Received among them: None"),
        (["a", float("nan")], "Received among them: nan"),
        (["a", ["b"]], "Received among them: ['b']"),
        (
            ["a", "b", "a"],
            "labels: at least two different names were expected, but 'a' occurs twice.",
        ),
        ([1, "1"], "but '1' occurs twice."),
        (["a", "b\ud800"], r"labels: the label 'b\ud800' contains half a character, which no fil"),
    ],
    ids=ascii,
)
def test_invalid_names_are_refused(given, held):
    with pytest.raises(InputError) as refusal:
        label_names(given, "labels")
    assert held in str(refusal.value)


def test_characters_beyond_the_basic_plane_are_allowed():
    assert check_label_names(["😀", "é"], "labels") == ("😀", "é")
