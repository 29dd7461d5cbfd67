import numpy as np
import pytest

from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.no_better import no_better_finding


def found(labels, predicted, classes=2):
    """The message about a model with these predictions, or None."""
    names = ["no", "yes", "maybe"][:classes]
    scores = Evaluation.from_predicted(np.array(predicted), np.array(labels), 0.7, names)
    finding = no_better_finding(EvaluationRecord(2, 70, {"dev": scores}))
    return None if finding is None else finding.message


def repeated(*pairs):
    """Return labels and predictions, given triples (label, prediction, number of rows)."""
    labels = [label for label, _, times in pairs for _ in range(times)]
    return labels, [predicted for _, predicted, times in pairs for _ in range(times)]


def test_one_class_for_all_rows():
    assert found(*repeated((0, 1, 8), (1, 1, 12))) == (
        "The model is no better than always answering the largest class ('yes', 0.6000 of dev): "
        "at its best, in epoch 2, its accuracy is 0.6000, and it predicts 'yes' for all 20 rows."
    )
    # Of two equally large classes, the predicted one.
    assert "largest class ('yes', 0.5000 of dev)" in found(*repeated((0, 1, 9), (1, 1, 9)))
    # A class that is not the largest, and a third that the set lacks.
    assert "its accuracy is 0.4000, and it predicts 'no' for all 20 rows" in found(
        *repeated((0, 0, 8), (1, 0, 12)), classes=3
    )


def test_several_classes_predicted_by_chance():
    message = found(*repeated((0, 0, 15), (0, 1, 15), (1, 0, 16), (1, 1, 14)))
    assert message.endswith("its accuracy is 0.4833, with an MCC of -0.0334, as by chance.")


@pytest.mark.parametrize(
    "rows",
    [
        repeated((0, 1, 4), (1, 1, 16)),  # four rows of the other class: may be missed by chance
        repeated((0, 1, 10), (0, 0, 2), (1, 1, 8), (1, 0, 4)),  # few rows, two classes predicted
        repeated((0, 0, 10), (0, 1, 20), (1, 0, 5), (1, 1, 65)),  # better than the largest class
        # As accurate as the largest class, but it finds half of the rare rows.
        repeated((0, 0, 86), (0, 1, 4), (1, 0, 5), (1, 1, 5)),
        repeated((0, 0, 20)),  # a set of one class
    ],
    ids=["few others", "few rows", "better", "rare class", "one class"],
)
def test_silent_if_the_model_may_be_good(rows):
    assert found(*rows) is None


def test_missed_rows_are_not_one_class():
    # Only rows of one class are right, but another one is predicted too.
    labels, predicted = repeated((0, 0, 10), (1, 0, 6), (1, 2, 4))
    assert found(labels, predicted, classes=3) is None


def test_the_largest_class_is_the_one_with_the_most_weight():
    labels, predicted = np.array([0] * 60 + [1] * 20), np.zeros(80, int)
    # Class 1 has three quarters of the weight: to answer 0 is worse than to answer 1.
    weights = np.where(labels == 1, 9.0, 1.0)
    scores = Evaluation.from_predicted(predicted, labels, 0.7, ["a", "b"], weights)
    finding = no_better_finding(EvaluationRecord(1, 10, {"dev": scores}))
    assert finding is not None
    assert (finding.values["largest"], finding.values["share"]) == ("b", 0.75)
