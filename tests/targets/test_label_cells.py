import numpy as np
import pytest

from kbert.findings import Problem
from kbert.targets.label_cells import (
    marked_columns,
    number_columns,
    several_labels,
    shares_of_classes,
)


@pytest.mark.parametrize(
    ("cell", "separator", "labels"),
    [
        ("rude;loud", ";", ("rude", "loud")),
        (" rude ;; loud ;rude", ";", ("rude", "loud")),
        ("rude;loud", None, ("rude;loud",)),
        ("", ";", ()),
        (None, None, ()),
        (float("nan"), None, ()),
        ([], None, ()),
        (["rude", "loud"], None, ("rude", "loud")),
        (("rude", "rude"), None, ("rude",)),
        (np.array([3, 1]), None, ("3", "1")),
        (5, None, ("5",)),
    ],
)
def test_several_labels(cell, separator, labels):
    assert several_labels(cell, "tags", separator) == labels


@pytest.mark.parametrize("cell", [{"a": 1}, [["a"]], [None], [""], b"\xff"])
def test_anything_but_a_list_of_labels_is_a_problem(cell):
    found = several_labels(cell, "tags", None)
    assert isinstance(found, Problem)
    assert "(column 'tags')" in str(found)


@pytest.mark.parametrize(
    ("cells", "marked"),
    [
        (["1", "0"], ("a",)),
        ([1, True], ("a", "b")),
        ([1.0, np.int64(0)], ("a",)),
        (["True", "false"], ("a",)),
        (["", None], ()),
    ],
)
def test_marked_columns(cells, marked):
    assert marked_columns(cells, ["a", "b"]) == marked


@pytest.mark.parametrize("cell", ["2", "yes", 0.5, -1, "x"])
def test_marks_other_than_0_and_1_are_a_problem(cell):
    found = marked_columns(["0", cell], ["a", "b"])
    assert str(found).startswith("the label (column 'b') is neither 0 nor 1: ")


def test_number_columns():
    assert number_columns(["3.5", 2, np.float32(0.1)], ["a", "b", "c"]) == (3.5, 2.0, 0.1)
    assert number_columns(["-1e3"], ["a"]) == (-1000.0,)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("3,5", "the label (column 'a') is not a number: '3,5'"),
        ("good", "the label (column 'a') is not a number: 'good'"),
        (True, "the label (column 'a') is not a number: True"),
        (float("inf"), "the label (column 'a') is not a number: inf"),
        ("", "the number (column 'a') is missing"),
        (None, "the number (column 'a') is missing"),
    ],
)
def test_cells_that_are_not_numbers_are_a_problem(cell, message):
    assert str(number_columns([cell], ["a"])) == message


def test_shares_of_classes():
    assert shares_of_classes([0.2, 0.8], ["a", "b"]) == pytest.approx((0.2, 0.8))
    # Rounded to two places: made to sum to 1.
    assert sum(shares_of_classes([0.33, 0.33, 0.33], ["a", "b", "c"])) == pytest.approx(1)
    assert str(shares_of_classes([3, 1], ["a", "b"])) == (
        "the probabilities of the classes sum to 4, not to 1"
    )
    assert str(shares_of_classes([1.2, -0.2], ["a", "b"])) == (
        "the probability of 'b' is negative: -0.2"
    )


@pytest.mark.parametrize(
    ("cell", "problem", "cure"),
    [
        ("3,5", "is not a number: '3,5'", "with a decimal point"),
        ("1,234.5", "is not a number: '1,234.5'", "with a decimal point"),
        ("good", "is not a number: 'good'", "such as 3.5"),
        (float("inf"), "is not a number: inf", "such as 3.5"),
        (1e30, "is too large: 1e+30", "another unit"),
        (float("nan"), "is missing", "fill it in"),
        ("  ", "is missing", "fill it in"),
    ],
)
def test_problems_of_number_cells_name_a_cure(cell, problem, cure):
    found = number_columns([1, cell], ["a", "b"])
    assert isinstance(found, Problem)
    assert str(found).endswith(f"(column 'b') {problem}")
    assert cure in str(found.cure)
