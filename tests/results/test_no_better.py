"""Whether a model of several labels or of numbers is better than an answer without the text."""

import numpy as np
import pytest

from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.no_better import no_better_finding
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression

LABELS = np.array([[1, 0], [0, 0], [0, 1], [0, 0]] * 15)
NUMBERS = np.arange(60.0)[:, None]


def _found(target, raw, targets):
    scores = target.scores(raw, targets, ["a", "b"][: targets.shape[1]])
    return no_better_finding(EvaluationRecord(2, 10, {"dev": scores}))


def test_labels_no_better_than_chance():
    finding = _found(Multi(), np.full((60, 2), -3.0), LABELS)
    assert finding.code == "no-better-than-chance"
    assert "in epoch 2, the area under its ROC curves is 0.5000" in finding.message
    assert finding.cure is not None


@pytest.mark.parametrize(
    ("raw", "targets"),
    [
        (np.where(LABELS, 1.0, -1.0), LABELS),
        (np.where(LABELS, -5.0, -6.0), LABELS),  # none is predicted at 0.5
        (np.full((60, 2), -1.0), np.zeros((60, 2), int)),  # no row has a label
        (np.full((49, 2), -1.0), LABELS[:49]),  # few rows
    ],
)
def test_silent_if_labels_are_found(raw, targets):
    assert _found(Multi(), raw, targets) is None


def test_numbers_no_better_than_the_mean():
    finding = _found(Regression(), np.full((60, 1), NUMBERS.mean()), NUMBERS)
    assert finding.code == "no-better-than-mean"
    assert "its R2 on dev is 0.0000" in finding.message
    assert _found(Regression(), NUMBERS * 0.9, NUMBERS) is None
    assert _found(Regression(), NUMBERS[:49] * 0, NUMBERS[:49]) is None
