"""Scores of a model that predicts masked tokens."""

import json
import math

import pytest

from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.masked_evaluation import MaskedEvaluation
from kbert.results.no_better import no_better_finding


def record(epoch, loss, accuracy):
    scores = MaskedEvaluation(rows=90, predictions=400, loss=loss, accuracy=accuracy)
    return EvaluationRecord(epoch, 10 * epoch, {"dev": scores})


def test_the_lowest_loss_is_the_best():
    history = EvaluationHistory(patience=1)
    assert history.add(record(1, 3.0, 0.3))
    assert history.add(record(2, 2.0, 0.2))
    assert not history.add(record(3, 2.5, 0.5))
    assert history.score == "loss"
    assert history.is_over
    again = EvaluationHistory.from_dict(json.loads(json.dumps(history.to_dict())))
    assert again.records == history.records
    assert again.best == record(2, 2.0, 0.2)


@pytest.mark.parametrize(
    ("loss", "perplexity"), [(0.0, 1.0), (math.log(50), 50.0), (1e4, math.inf)]
)
def test_perplexity(loss, perplexity):
    scores = record(1, loss, 0.5).scores["dev"]
    assert scores.perplexity == pytest.approx(perplexity)
    assert "400 tokens" in str(scores)


def test_is_not_compared_with_an_answer_without_a_text():
    assert no_better_finding(record(1, 9.0, 0.0)) is None


def test_from_dict_refuses_incomplete_scores():
    with pytest.raises(KeyError):
        MaskedEvaluation.from_dict({"target": "masked"})
