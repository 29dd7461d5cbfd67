"""The number of each row's class, from its name or its number."""

import numpy as np
import pandas as pd
import pytest

from kbert.data.raw.class_ids import class_ids
from kbert.errors import InputError
from kbert.targets.labels import Labels

LABELS = Labels(("bad", "good"))


@pytest.mark.parametrize(
    "values",
    [
        ["good", "bad"],
        [b"good", b"bad"],
        [1, 0],
        [1.0, 0.0],
        [np.int64(1), "bad"],
        list(np.array([1, 0], np.uint8)),
        list(pd.Series(["good", "bad"])),
    ],
    ids=str,
)
def test_names_and_numbers(values):
    ids = class_ids(values, LABELS)
    assert ids.tolist() == [1, 0]
    assert ids.dtype == np.int32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["good", "GOOD"], "Row 1: the label 'GOOD' is not one of the 2 known labels"),
        ([0, 2], "0 to 1. Received: 2 in row 1"),
        ([-1, 0], "Received: -1 in row 0"),
        (["good", None], "The label of row 1 is missing"),
        ([0, float("nan")], "The label of row 1 is missing"),
        ([0, 0.5], "Received in row 1: a number (0.5)"),
        ([True, False], "Received in row 0: a bool (True)"),
        ([[1, 0], [0, 1]], "labels.argmax(axis=1), for one-hot labels"),
        ([{"a": 1}], "Received in row 0: a dict"),
    ],
    ids=str,
)
def test_other_values_are_refused_with_their_row(values, message):
    with pytest.raises(InputError) as error:
        class_ids(values, LABELS)
    assert message in str(error.value)


def test_bools_are_names_if_the_classes_have_these_names():
    assert class_ids([True, False], Labels(("False", "True"))).tolist() == [1, 0]


def test_a_number_that_could_be_a_name_is_refused():
    stars = Labels(("1", "2", "3"))
    for values in ([1, 2], [0, 2], [1.0]):
        with pytest.raises(InputError) as error:
            class_ids(values, stars)
        assert "the class '1' has the number 0" in str(error.value)
        assert "[str(label) for label in labels], if they are names" in str(error.value)
    assert class_ids(["1", "3"], stars).tolist() == [0, 2]
    assert class_ids([0, 1], Labels(("0", "1"))).tolist() == [0, 1]
