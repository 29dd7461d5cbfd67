from dataclasses import replace

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from kbert import Examples, InputError, Labels, read_examples
from kbert.data.class_weights import check_class_weight, class_weights, row_weights
from kbert.targets.single import Single

IDS = np.array([0, 1, 1, 1, 2, 2], np.int32)


def examples_of(ids=IDS, names=("a", "b", "c"), weights=None):
    return Examples(["x"] * len(ids), None, np.asarray(ids), Labels(names), weights=weights)


def test_balanced_weights_are_those_of_scikit_learn():
    found = class_weights("balanced", examples_of())
    assert list(found.values()) == list(
        compute_class_weight("balanced", classes=np.arange(3), y=IDS)
    )
    # By hand: 6 rows, 3 classes.
    assert found == {"a": 6 / 3, "b": 6 / 9, "c": 6 / 6}


def test_a_class_without_rows_weighs_1():
    assert class_weights("balanced", examples_of([0, 0, 1], ("a", "b", "c")))["c"] == 1


def test_balanced_weights_take_row_weights_into_account():
    found = class_weights("balanced", examples_of([0, 1], ("a", "b"), [3.0, 1.0]))
    assert found == {"a": 4 / 6, "b": 4 / 2}
    assert row_weights(examples_of([0, 1], ("a", "b"), [3.0, 1.0]), "balanced").tolist() == [1, 1]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("a=2", {"a": 2, "b": 1, "c": 1}),
        ("a=2,c=0.5", {"a": 2, "b": 1, "c": 0.5}),
        ("a=2, c=0", {"a": 2, "b": 1, "c": 0}),
        ({"b": 3}, {"a": 1, "b": 3, "c": 1}),
        ({0: 2.0, np.int64(2): 4}, {"a": 2, "b": 1, "c": 4}),
    ],
)
def test_weights_that_are_given(given, found):
    assert class_weights(given, examples_of()) == found


def test_a_name_may_hold_a_comma_or_an_equals_sign():
    odd = examples_of([0, 1], ("yes, but", "x=y"))
    assert class_weights('"yes, but"=2,x=y=3', odd) == {"yes, but": 2, "x=y": 3}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("even", "must be balanced, or NAME=WEIGHT for each of some classes"),
        ("a=b", "must be balanced, or NAME=WEIGHT"),
        ("a=1,a=2", "must be balanced, or NAME=WEIGHT"),
        ("", "must be balanced, or NAME=WEIGHT"),
        ("d=1", "the label 'd' is not one of the 3 known labels"),
        ("A=1", "'A' is not one of the 3 known labels .*; it differs from 'a' only in case"),
        ({3: 1.0}, "the label '3' is not one"),
        ({True: 1.0}, "the label 'True' is not one"),
        ("a=-1", "must be 0 or more for each class. Received: -1.0 for 'a'"),
        ("a=inf", "must be 0 or more for each class. Received: inf for 'a'"),
        ({"a": "2"}, "must be 0 or more for each class. Received: '2' for 'a'"),
        ("a=0,b=0,c=0", "gives all classes the weight 0"),
    ],
)
def test_weights_that_cannot_be_used(given, message):
    with pytest.raises(InputError, match=message):
        class_weights(given, examples_of())


def test_weights_of_rows_have_mean_1():
    assert row_weights(examples_of()) is None
    assert row_weights(examples_of([0, 1], ("a", "b"), [1.0, 3.0])).tolist() == [0.5, 1.5]
    found = row_weights(examples_of(), "balanced")
    np.testing.assert_allclose(found, compute_sample_weight("balanced", IDS), rtol=1e-6)
    # By hand: weights 1 x 2 and 3 x 1, whose mean is 2.5.
    both = examples_of([0, 1], ("a", "b"), [1.0, 3.0])
    np.testing.assert_allclose(row_weights(both, "a=2"), [0.8, 1.2], rtol=1e-6)


def test_class_weights_need_labels():
    with pytest.raises(InputError, match="memory has no labels"):
        row_weights(Examples(["x"]), "balanced")


def test_rows_whose_classes_all_have_weight_0():
    with pytest.raises(InputError, match="All rows of memory have the weight 0"):
        row_weights(examples_of([0, 0], ("a", "b")), "a=0")


def test_rows_with_a_label_weigh_as_much_as_rows_without_it():
    labels = [["a", "b"], ["b"], ["b"], ["c", "b"]]
    examples = read_examples((["t", "u", "v", "w"], labels), labels=("a", "b", "c", "d"))
    # One row in four has a; all have b and none has d, which leaves nothing to balance.
    assert class_weights("balanced", examples) == {"a": 3, "b": 1, "c": 3, "d": 1}
    assert class_weights("c=2", examples) == {"a": 1, "b": 1, "c": 2, "d": 1}
    weighed = replace(examples, weights=np.array([5.0, 1, 1, 3]))
    assert class_weights("balanced", weighed)["a"] == 1
    with pytest.raises(InputError, match="in each row, but the target is multi"):
        row_weights(examples, "balanced")


@pytest.mark.parametrize("kind", ["soft", "regression"])
def test_rows_that_are_not_of_one_class(kind):
    columns = {"text": ["a", "b"], "x": [1, 0], "y": [0, 1]}
    examples = read_examples(columns, target=kind, label="x,y")
    for refused in (class_weights, row_weights):
        given = ("balanced", examples) if refused is class_weights else (examples, "balanced")
        with pytest.raises(InputError, match=f"in each row, but the target is {kind}") as found:
            refused(*given)
        assert found.value.cure.settings == {"weight": "NAME"}
    check_class_weight(Single())
