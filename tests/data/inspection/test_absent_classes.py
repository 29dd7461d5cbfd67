import pytest
from sklearn.metrics import f1_score

from kbert import read_examples
from kbert.data.inspection.absent_classes import absent_classes
from kbert.results.evaluation import Evaluation

NAMES = ["bad", "good", "so so"]


@pytest.mark.parametrize(
    ("labels", "target", "told"),
    [
        (
            ["good", "bad"],
            "single",
            "has no row of 1 class of the model (so so): it counts as an F1",
        ),
        (
            ["good", "good"],
            "single",
            "of 2 classes of the model (bad, so so): each counts as an F1",
        ),
        ([["good"], ["bad", "good"]], "multi", "has no row of 1 label of the model (so so): it"),
        ([["good"], ["bad", "so so"]], "multi", None),
    ],
)
def test_classes_without_rows_are_reported(labels, target, told):
    rows = read_examples((["x", "y"], labels), target=target, labels=NAMES)
    finding = absent_classes(rows)
    assert (finding is None) == (told is None)
    if finding is not None:
        assert (finding.code, finding.severity) == ("class-absent", "info")
        assert told in finding.message


def test_numbers_have_no_classes():
    rows = read_examples((["x", "y"], [1.5, 2]), target="regression")
    assert absent_classes(rows) is None


def test_macro_f1_counts_an_absent_class_as_zero():
    predicted, true = [1, 0, 0], [1, 0, 1]
    macro = Evaluation.from_predicted(predicted, true, 0.0, NAMES).macro_f1
    of_two = f1_score(true, predicted, labels=[0, 1], average="macro")
    assert macro == pytest.approx(of_two * 2 / 3)
