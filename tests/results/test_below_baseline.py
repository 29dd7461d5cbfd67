import numpy as np
import pytest
from test_baselines import evaluation, found

from kbert.results.baseline import Baseline
from kbert.results.baselines import Baselines
from kbert.results.below_baseline import below_baseline_finding
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.regression_evaluation import RegressionEvaluation


def finding(right, monitor="accuracy", loss=0.5, **baselines):
    """Return the finding for a model with this many of 40 rows right."""
    record = EvaluationRecord(2, 70, {"dev": evaluation(right, 40, loss)})
    return below_baseline_finding(record, found(**baselines), monitor)


def test_warns_below_a_baseline_scored_on_the_same_rows():
    below = finding(29, tfidf=30, encoder=0)
    assert (below.code, below.severity) == ("below-baseline", "warning")
    assert below.message == (
        "Fine-tuning is worse than a linear model: at its best, in epoch 2, its "
        "accuracy on dev is 0.7250, and that of the linear model on TF-IDF 0.7500."
    )
    assert finding(30, tfidf=30, encoder=0) is None


@pytest.mark.parametrize(("right", "is_below"), [(22, True), (23, True), (24, False)])
def test_a_sampled_baseline_must_be_better_by_more_than_chance(right, is_below):
    # 16 of 20 rows are 0.8, of which 1 / sqrt(20) may be chance: below 0.5764 it is not.
    below = finding(right, encoder=16)
    assert (below is not None) == is_below
    if below is not None:
        assert "that of the linear model on the frozen encoder's output 0.8000" in below.message


def test_a_higher_loss_is_worse():
    # That of TF-IDF is 0.6; the encoder's 0.4 is of a sample, and may be 0.62 by chance.
    assert finding(40, "loss", loss=0.6) is None
    assert "TF-IDF 0.6000." in finding(40, "loss", loss=0.61).message


def test_another_set_is_not_compared():
    record = EvaluationRecord(2, 70, {"test": evaluation(1, 40)})
    assert below_baseline_finding(record, found(), "accuracy") is None


def test_a_lower_error_of_numbers_is_told_beside_a_worse_ranking():
    true = np.array([[1.0], [2.0], [3.0], [4.0]])
    ranks = RegressionEvaluation.from_predicted(true * 10, true, ["stars"])
    near = RegressionEvaluation.from_predicted(true[[1, 0, 2, 3]], true, ["stars"])
    linear = Baselines("dev", 80, 4, (Baseline("tfidf", 80, ranks, 0.1),))
    record = EvaluationRecord(2, 70, {"dev": near})
    below = below_baseline_finding(record, linear, "spearman").message
    # Errors of 1, -1, 0 and 0, and of 9, 18, 27 and 36.
    assert "Its RMSE is lower all the same: 0.7071, against 24.6475." in below
    linear = Baselines("dev", 80, 4, (Baseline("tfidf", 80, near, 0.1),))
    record = EvaluationRecord(2, 70, {"dev": ranks})
    assert "RMSE on dev is 24.6475" in below_baseline_finding(record, linear, "rmse").message
    assert "all the same" not in below_baseline_finding(record, linear, "rmse").message
