"""The confusion matrix."""

import numpy as np
from sklearn.metrics import confusion_matrix as of_scikit_learn

from kbert.results import confusion
from kbert.results.confusion import Confusion, confusion_matrix, confusion_table, confusions
from kbert.results.prediction_table import PredictionTable


def table_of(true, outputs, names=("a", "b", "c")):
    places = {"row": list(range(len(true)))}
    return PredictionTable(tuple(names), places, np.asarray(true), np.asarray(outputs))


def test_matches_scikit_learn():
    random = np.random.default_rng(1)
    table = table_of(random.integers(0, 2, 50), random.random((50, 3)))  # no row of the last class
    expected = of_scikit_learn(table.true, table.outputs.argmax(1), labels=[0, 1, 2])
    np.testing.assert_array_equal(confusion_matrix(table), expected)


def test_a_file_has_a_line_for_each_class():
    table = table_of([0, 1, 1], np.eye(3)[[0, 0, 1]])
    assert confusion_table(table) == (
        "label,predicted(a),predicted(b),predicted(c)\na,1,0,0\nb,1,1,0\nc,0,0,0\n"
    )


def test_none_for_several_labels_or_very_many_classes(monkeypatch):
    assert confusion_table(table_of([[1, 0, 1]], [[0.5, 0.5, 0.5]])) is None
    monkeypatch.setattr(confusion, "MAX_CLASSES", 2)
    assert confusion_table(table_of([0], [[0, 0, 1]])) is None


def test_the_most_frequent_confusions_come_first():
    table = table_of([0, 0, 0, 1, 2, 2], np.eye(3)[[1, 1, 2, 1, 2, 0]])
    assert confusions(table) == (
        Confusion("a", "b", 2, 2 / 3),
        Confusion("a", "c", 1, 1 / 3),
        Confusion("c", "a", 1, 0.5),
    )
