"""Whether masked tokens are predicted better than by their frequencies."""

import pytest

from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.masked_evaluation import MaskedEvaluation
from kbert.results.no_better import no_better_finding, no_better_than_frequencies


def record(loss, predictions=60):
    scores = MaskedEvaluation(rows=20, predictions=predictions, loss=loss, accuracy=0.1)
    return EvaluationRecord(2, 10, {"dev": scores})


def test_a_loss_not_below_that_of_the_frequencies_is_reported():
    finding = no_better_than_frequencies(record(6.5), 6.25)
    assert finding.code == "no-better-than-frequencies"
    assert "in epoch 2, its masked loss on dev is 6.5000, and theirs 6.2500" in finding.message
    assert no_better_than_frequencies(record(6.25), 6.25) is not None


@pytest.mark.parametrize(
    ("loss", "predictions", "unigram"),
    [(6.2, 60, 6.25), (6.5, 49, 6.25), (6.5, 60, float("nan"))],
    ids=["below", "few tokens", "not known"],
)
def test_silent(loss, predictions, unigram):
    assert no_better_than_frequencies(record(loss, predictions), unigram) is None
    assert no_better_finding(record(loss, predictions)) is None  # it is for labels
