import json

import numpy as np
import pytest

from kbert.results.baseline import Baseline
from kbert.results.baselines import Baselines
from kbert.results.evaluation import Evaluation
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.targets.soft import Soft


def evaluation(right, rows=20, loss=0.5):
    """Scores where this many of the rows are right."""
    label_ids = np.arange(rows) % 2
    predicted = np.where(np.arange(rows) < right, label_ids, 1 - label_ids)
    return Evaluation.from_predicted(predicted, label_ids, loss, ["no", "yes"])


def found(tfidf=14, encoder=12, rows=20):
    return Baselines(
        "dev",
        training_rows=3000,
        rows=40,
        found=(
            Baseline("constant", 3000, evaluation(10, 40), 0.0),
            Baseline("tfidf", 3000, evaluation(tfidf, 40, loss=0.6), 1.25),
            Baseline("encoder", 2000, evaluation(encoder, rows, loss=0.4), 9.0, 0.0314),
        ),
        notes=("something: not computed.",),
    )


def test_from_dict_restores_baselines():
    baselines = found()
    assert Baselines.from_dict(baselines.to_dict()) == baselines


@pytest.mark.parametrize(
    "damage",
    [
        {"baselines": [{}]},
        {"baselines": [{**found()["tfidf"].to_dict(), "name": "oracle"}]},
        {"training_rows": "many"},
    ],
)
def test_from_dict_refuses_other_data(damage):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Baselines.from_dict({**found().to_dict(), **damage})


def test_best_is_a_baseline_that_learns():
    # 12 of 20 rows less 1 / sqrt(20) are 0.3764, and 16 of all 40 are 0.4.
    assert found(tfidf=15).best("accuracy").name == "encoder"
    assert found(tfidf=16).best("accuracy").name == "tfidf"
    assert found(encoder=24, rows=40).best("accuracy").name == "encoder"
    assert found().best("loss").name == "tfidf"  # 0.6, and 0.4 + 1 / sqrt(20)
    assert found(rows=40).best("loss").name == "encoder"
    assert found(tfidf=30).best("macro_f1").name == "tfidf"
    constant = found().found[:1]
    assert Baselines("dev", 3000, 40, constant).best("accuracy") is None


def test_the_table():
    _, constant, tfidf, encoder, note = str(found()).split("\n")
    assert constant.startswith("  the same for all  accuracy 0.2500, macro F1 ")
    assert tfidf.endswith(", loss 0.6000; 1.2 s")
    assert encoder.endswith(
        "; 9.0 s, trained on 2,000 of 3,000 rows, scored on 20, 3.1% of what the plan computes"
    )
    assert note == "  something: not computed."
    assert found().compared("macro_f1").startswith("To compare, macro F1 of the baselines: the sa")


def test_a_score_on_fewer_rows_says_how_many():
    told = found().compared("accuracy")
    assert told.endswith("the same for all 0.2500, TF-IDF 0.3500, frozen encoder 0.6000 (20 rows)")
    assert "rows" not in found(rows=40).compared("accuracy")


@pytest.mark.parametrize("target", [Multi(), Regression(scale=(2.0,)), Soft()])
def test_scores_of_each_target_survive_a_round_trip(target):
    targets = {
        "multi": np.array([[1, 0], [0, 1], [1, 1]]),
        "regression": np.array([[1.0], [2.0], [4.0]]),
        "soft": np.array([[0.5, 0.5], [1, 0], [0.2, 0.8]]),
    }[target.kind]
    raw = targets - 0.5 + np.arange(3)[:, None] / 10
    names = ["a", "b"][: raw.shape[1]]
    found = Baselines("dev", 9, 3, (Baseline("tfidf", 9, target.scores(raw, targets, names), 1.0),))
    assert Baselines.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    for monitor in target.scores_class.monitors:
        assert f"TF-IDF {found['tfidf'].score(monitor):.4f}" in found.compared(monitor)


def test_the_lowest_error_is_best():
    one, other = (
        Baseline(name, 9, Regression().scores(raw, np.ones((4, 1)), ["a"]), 1.0)
        for name, raw in (("tfidf", np.full((4, 1), 3.0)), ("encoder", np.full((4, 1), 2.0)))
    )
    found = Baselines("dev", 9, 16, (one, other))
    assert found.best("rmse") is other
    # Scored on 4 of 16 rows: an error of 1 that may be a half too low by chance.
    assert found.to_beat(other, "rmse") == pytest.approx(1.5)
