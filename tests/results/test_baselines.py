import numpy as np
import pytest

from kbert.results.baseline import Baseline
from kbert.results.baselines import Baselines
from kbert.results.evaluation import Evaluation


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


def test_they_come_back_from_plain_data():
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
def test_what_is_no_record_of_them(damage):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Baselines.from_dict({**found().to_dict(), **damage})


def test_the_best_is_one_that_learns():
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
