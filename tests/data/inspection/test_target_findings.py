"""Inspection of real sentences with several labels, numbers or probabilities."""

import numpy as np
import pytest
from inspected import found, severities

from kbert import read_examples
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.inspection.set_findings import small_dev_finding, untrained_classes
from kbert.findings import Cure


@pytest.fixture
def texts(sentences):
    return [f"{sentences[0][n % len(sentences[0])]} ({n})" for n in range(200)]


def _multi(texts, labels):
    return inspect_examples(read_examples((texts, labels), target="multi"))


def test_several_labels(texts):
    labels = [["long", *(["loud"] if n % 2 else [])] for n in range(200)]
    labels[:5] = [["rare"], [], [], [], []]
    inspection = _multi(texts, labels)
    assert inspection.classes == {"long": 195, "loud": 98, "rare": 1}
    assert found(inspection)["rare-class"].values["name"] == "rare"
    assert "imbalance" not in severities(inspection)  # though most rows are long
    assert "labels       3: long 195, loud 98, rare 1" in str(inspection)
    # 98 rows of 200 are long and loud; 97 are long alone.
    assert "majority     all labels right 0.4900 by predicting the labels long, loud" in str(
        inspection
    )


def test_a_label_that_every_row_has(texts):
    labels = [["text", *(["loud"] if n % 2 else [])] for n in range(200)]
    finding = found(_multi(texts, labels))["constant-target"]
    assert finding.message == "Every row has the label 'text': it teaches nothing."


def test_rows_without_a_label(texts):
    inspection = _multi(texts, [["rude"] if n < 19 else [] for n in range(200)])
    assert found(inspection)["imbalance"].message.startswith("90.5% of the rows have no label")
    assert "by predicting no label" in inspection.same_for_all
    assert "imbalance" not in severities(_multi(texts, [["rude"] * (n < 20) for n in range(200)]))


def test_variants_of_several_labels_name_their_rows(texts):
    labels = [["rude", "loud"] if n % 2 else ["loud"] for n in range(200)]
    labels[6] = ["Rude"]
    cure = str(found(_multi(texts, labels))["label-variants"].cure)
    assert cure == "write 'rude' in place of 'Rude' (row 7)"


def _numbers(texts, *columns):
    names = [f"n{at}" for at in range(len(columns))]
    source = {"text": texts, **dict(zip(names, columns, strict=True))}
    return inspect_examples(read_examples(source, target="regression", label=names))


def test_numbers(texts):
    inspection = _numbers(texts, np.arange(200.0))
    assert inspection.findings == ()
    assert inspection.classes == {}
    assert inspection.order is None
    # The deviation of 0 ... 199 is sqrt((200^2 - 1) / 12).
    assert "mean         RMSE 57.73 by predicting the mean" in str(inspection)


def test_a_number_that_every_row_has(texts):
    inspection = _numbers(texts, np.arange(200.0), np.ones(200))
    assert found(inspection)["constant-target"].message.startswith(
        "Every row has the same number in 'n1'"
    )


def test_a_number_that_most_rows_have(texts):
    finding = found(_numbers(texts, [float(n < 19) for n in range(200)]))["imbalance"]
    assert finding.message.startswith("90.5% of the rows have the same number in 'n0', 0:")


def test_outliers(texts):
    prices = np.random.default_rng(0).normal(50, 10, 200)
    assert "outliers" not in severities(_numbers(texts, prices))
    prices[7] = 1_000_000
    finding = found(_numbers(texts, prices))["outliers"]
    assert finding.message.startswith(
        "2 of 200 numbers in 'n0' make up 100% of their variance, and so of the loss; the "
        "furthest is 1e+06 in row 8,"
    )


def test_ratings_have_no_outliers(texts):
    assert "outliers" not in severities(_numbers(texts, [1 + n % 5 for n in range(200)]))
    skewed = np.exp(np.random.default_rng(0).normal(0, 0.5, 200))
    assert "outliers" not in severities(_numbers(texts, skewed))


@pytest.mark.parametrize(
    ("options", "columns", "word"),
    [
        ({"target": "regression", "label": "x"}, {"x": [1, 2, 3, 3.5]}, "number"),
        ({"target": "soft", "label": "x,y"}, {"x": [1, 0, 1, 0], "y": [0, 1, 0, 1]}, "distri"),
        ({"label": "x"}, {"x": [["a", "b"], ["b"], ["a"], ["a"]]}, "set of labels"),
    ],
)
def test_equal_texts_with_different_labels(options, columns, word):
    source = {"text": ["Good film", "good  film", "Bad", "Dull"], **columns}
    finding = found(inspect_examples(read_examples(source, **options)))["conflicting-labels"]
    assert f"occurs with another {word}" in finding.message
    assert "rows 1 and 2" in finding.message


def test_equal_texts_with_the_same_labels(texts):
    labels = [["a", "b"], ["b", "a"], ["a"], []]
    inspection = inspect_examples(read_examples((["x y", "X y", "z", "w"], labels)))
    assert inspection.duplicates.repeated == 1
    assert "conflicting-labels" not in severities(inspection)


def test_probabilities_count_as_the_likeliest_class(texts):
    x = [0.9 if n < 195 else 0.2 for n in range(200)]
    source = {"text": texts, "x": x, "y": [1 - share for share in x]}
    inspection = inspect_examples(read_examples(source, target="soft", label="x,y"))
    assert inspection.classes == {"x": 195, "y": 5}
    assert inspection.majority == 195 / 200
    assert {"imbalance", "rare-class", "class-sorted"} <= set(severities(inspection))


def test_labels_that_only_the_development_set_has():
    train = read_examples((["a", "b"], [["x"], []]), labels=("x", "y"), target="multi")
    dev = read_examples((["c", "d"], [["x", "y"], []]), labels=("x", "y"), target="multi")
    message = untrained_classes(train, dev).message
    assert message.startswith("1 row of dev has 1 label that the training set has no row of (y)")
    assert untrained_classes(dev, train) is None


def test_a_small_development_set_of_numbers():
    finding = small_dev_finding(25, Cure(note="add rows"), target="regression")
    assert finding.message == "dev has 25 rows, on which chance alone gives a correlation of 0.39."
