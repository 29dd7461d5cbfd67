import numpy as np
import pytest

from kbert.errors import InputError
from kbert.models.class_numbers import class_numbers, classes_of_one_hot, numbers_outside


@pytest.mark.parametrize("dtype", ["int64", "uint8", "float32"])
def test_numbers(dtype):
    labels = np.array([0, 2, 1], dtype)
    for given in (labels, labels[:, None]):
        found = class_numbers("dev", given, 3)
        np.testing.assert_array_equal(found, np.array([0, 2, 1], np.int32), strict=True)
    assert class_numbers("dev", np.array([True, False]), 2).tolist() == [1, 0]


def test_one_hot():
    labels = np.eye(3)[[0, 2, 1]]
    for given in (labels, labels.astype(bool)):
        found = classes_of_one_hot("dev", given, 3)
        np.testing.assert_array_equal(found, np.array([0, 2, 1], np.int32), strict=True)


@pytest.mark.parametrize(
    ("labels", "ignored", "message"),
    [
        (["a", "b"], None, "must be numbers. Received: dtype <U1"),
        ([[0, 1], [1, 0]], None, r"shape \[rows\] or \[rows, 1\]. Received: \[2, 2\]"),
        ([0, 3, -1], None, "from 0 to 2. Received: 3 in row 1, 2 such rows in all"),
        ([0.0, 0.5, np.nan], None, "Received: 0.5 in row 1, 2 such rows"),
        ([0, 1, 2], 2, "Received: 2 in row 2, 1 such rows"),
    ],
    ids=["texts", "shape", "outside", "float", "ignored"],
)
def test_invalid_class_numbers_are_refused(labels, ignored, message):
    with pytest.raises(InputError, match=message):
        class_numbers("dev", np.array(labels), 3, ignored)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([["a", "b", "c"]], "must be numbers"),
        ([0, 1], r"shape \[rows, 3\], a column per class. Received: \[2\]"),
        ([[0, 1, 0], [0, 0, 0], [1, 1, 0]], r"Received: \[0, 0, 0\] in row 1, 2 such rows"),
        ([[0, 0.9, 0.1]], r"Received: \[0.0, 0.9, 0.1\] in row 0"),
    ],
    ids=["texts", "shape", "none", "smoothed"],
)
def test_rows_without_a_single_class_are_refused(labels, message):
    with pytest.raises(InputError, match=message):
        classes_of_one_hot("dev", np.array(labels), 3)


@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_numbers_outside(dtype):
    found = numbers_outside(np.array([-1, 0, 2, 3], dtype), 3)
    assert found.tolist() == [True, False, False, True]
