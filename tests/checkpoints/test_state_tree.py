"""Trees of variables, and arrays by the names of their leaves."""

import numpy as np
import pytest

from kbert.checkpoints.state_tree import assign_tree, fill_tree, name_leaves
from kbert.errors import KbertError

pytestmark = pytest.mark.keras


class Variable:
    """The parts of a Keras variable that a tree uses."""

    def __init__(self, value):
        self.value = np.array(value)
        self.shape = self.value.shape

    def assign(self, value):
        self.value = value


def tree():
    return {
        "seeds": {"b/seed": Variable([1, 2]), "a/seed": Variable([3, 4])},
        "metrics": [Variable(0.0) for _ in range(11)],
    }


def test_leaves_are_named_by_the_keys_that_lead_to_them():
    named = name_leaves(tree())
    assert list(named) == [
        *(f"metrics/{place:04d}" for place in range(11)),
        *("seeds/a/seed", "seeds/b/seed"),
    ]
    assert sorted(named) == list(named)
    assert name_leaves({}) == {}


def test_a_tree_is_filled_and_assigned_by_name():
    variables = tree()
    arrays = {name: v.value + 10 for name, v in reversed(name_leaves(variables).items())}
    assign_tree(variables, fill_tree(variables, arrays, "x"))
    assert variables["seeds"]["b/seed"].value.tolist() == [11, 12]
    for name, variable in name_leaves(variables).items():
        assert variable.value is arrays[name]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("seeds/a/seed"), r"file does not fit the model: missing: seeds/a/seed\."),
        (lambda a: a.update(more=np.zeros(1)), r"unknown: more\."),
        (
            lambda a: a.update({"seeds/a/seed": np.zeros(3)}),
            r"seeds/a/seed: expected \(2,\), received \(3,\)",
        ),
    ],
    ids=["missing", "unknown", "shape"],
)
def test_arrays_that_do_not_fit_are_refused(change, message):
    arrays = {name: v.value for name, v in name_leaves(tree()).items()}
    change(arrays)
    with pytest.raises(KbertError, match=message):
        fill_tree(tree(), arrays, "file")
