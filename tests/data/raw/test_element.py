"""The rows in what `fit` is given, or in an element of a data set."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kbert.data.raw.element import Element
from kbert.errors import InputError


@pytest.mark.parametrize(
    "x",
    [
        ["a b", "c"],
        ("a b", "c"),
        np.array(["a b", "c"]),
        np.array(["a b", "c"], object),
        pd.Series(["a b", "c"], index=[7, 3]),
        pa.array(["a b", "c"]),
    ],
    ids=lambda x: type(x).__name__,
)
def test_texts_in_memory(x):
    found = Element.from_arrays(x, np.array([[1], [0]]), [0.5, 2])
    assert found.texts == ["a b", "c"]
    assert found.labels == [1, 0]
    assert found.weights == [0.5, 2]
    assert found.pairs is None
    assert Element.from_arrays((x, x)).pairs == ["a b", "c"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (((["a"], ["b", "c"]),), "the same number of each. Received: 1 texts, 2 pairs"),
        ((["a", "b"], [1]), "Received: 2 texts, 1 labels"),
        (([["a"], ["b"]],), "(texts, second_texts), a tuple of two lists for pairs"),
        (([("a", "b")],), "(texts, second_texts), a tuple of two lists for pairs"),
        ((np.array([["a", "b"]]),), "(x[:, 0], x[:, 1]), for text pairs"),
        ((["a", "b"], np.eye(2)), "labels.argmax(axis=1), for one-hot labels"),
        ((["a"], "good"), "The labels must be a list or an array. Received: a str ('good')"),
        ((["a"], {"label": 1}), "The labels must be a list or an array. Received: a dict"),
    ],
)
def test_other_forms_are_refused(given, message):
    with pytest.raises(InputError) as error:
        Element.from_arrays(*given)
    assert message in str(error.value)


ROW = Element(["a b"], None, [1], is_row=True)
BATCH = Element(["a b", "c"], None, [1, 0])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("a b", 1), ROW),
        ((b"a b", np.int64(1)), Element([b"a b"], None, [1], is_row=True)),
        (("a b", "good"), Element(["a b"], None, ["good"], is_row=True)),
        ("a b", Element(["a b"], is_row=True)),
        (("a b",), Element(["a b"], is_row=True)),
        ({"text": "a b", "label": 1}, ROW),
        (({"text": "a b"}, 1), ROW),
        ((("a b", "c"), 1), Element(["a b"], ["c"], [1], is_row=True)),
        ({"sentence1": "a b", "sentence2": "c"}, Element(["a b"], ["c"], is_row=True)),
        (("a b", 1, 0.5), Element(["a b"], None, [1], [0.5], is_row=True)),
        ((["a b", "c"], [1, 0]), BATCH),
        ([("a b", "c"), [1, 0]], BATCH),  # as torch collates rows of (text, label)
        ((np.array(["a b", "c"]), np.array([1, 0])), BATCH),
        ({"text": ["a b", "c"], "label": [1, 0]}, BATCH),
        (["a b", "c"], Element(["a b", "c"])),
        ((["a b", "c"], [1, 0], [1, 2]), Element(["a b", "c"], None, [1, 0], [1, 2])),
        ([[("a b", "c"), ("d", "e")], [1, 0]], Element(["a b", "c"], ["d", "e"], [1, 0])),
    ],
    ids=str,
)
def test_elements_of_data_sets(given, expected):
    assert Element.from_element(given) == expected


def test_numbers_of_classes_with_names():
    names = {"label": ["good", "bad"]}  # in another order than the model's
    assert Element.from_element({"text": "a", "label": 0}, names).labels == ["good"]
    found = Element.from_element({"text": ["a", "b", "c"], "label": [0, 1, -1]}, names)
    assert found.labels == ["good", "bad", None]


def test_columns_without_a_common_name():
    with pytest.raises(InputError, match="no column of texts .* Its columns: 'blurb', 'label'"):
        Element.from_element({"blurb": ["a"], "label": [0]})
    with pytest.raises(InputError, match=r"must be x, \(x, y\) or \(x, y, weights\)"):
        Element.from_element(("a", 1, 2, 3))


def test_rows_are_joined():
    assert Element.joined([ROW, Element(["c"], None, [0], is_row=True)]) == BATCH
    assert BATCH.first(1) == Element(["a b"], None, [1])
