import json

import pytest
from log_files import write_evaluations, write_rows

from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_history import EvaluationHistory
from kbert.trackers.tracked_log import TrackedLog, best_scores


def test_rows_are_read_once_as_they_come(tmp_path):
    log = TrackedLog(tmp_path)
    assert log.read() == []
    write_rows(tmp_path, "0,0,0.1,2.5\n", "1,0,0.2,")
    assert log.read() == [(0, {"train/learning_rate": 0.1, "train/loss": 2.5})]
    write_rows(tmp_path, "1.5\n", "2,0,0.3,\n")
    assert log.read() == [
        (1, {"train/learning_rate": 0.2, "train/loss": 1.5}),
        (2, {"train/learning_rate": 0.3}),
    ]
    assert log.read() == []
    assert log.batches == 3


def test_an_evaluation_comes_with_the_step_after_it(tmp_path):
    log = TrackedLog(tmp_path)
    write_rows(tmp_path, "0,0,0.1,2\n", "1,0,0.1,2\n")
    write_evaluations(tmp_path, (1, 1), (1, None))
    first = dict(log.read())
    assert list(first) == [0, 1]
    assert list(first[1]) == [
        *(f"dev/{score}" for score in Evaluation.monitors),
        *("train/learning_rate", "train/loss"),
    ]
    assert first[1]["dev/accuracy"] == 0.75
    write_rows(tmp_path, "2,1,0.1,2\n")
    ((step, values),) = log.read()
    assert (step, values["dev/accuracy"], values["train/loss"]) == (2, 0.75, 2)
    write_evaluations(tmp_path, (1, 1), (1, None), (2, None))
    assert log.read() == []
    ((step, values),) = log.read(is_over=True)
    assert (step, values["dev/mcc"], "train/loss" in values) == (3, 0.25, False)


def test_steps_keep_counting_after_a_changed_plan(tmp_path):
    """The optimizer's count of batches goes back when a run resumes with larger ones."""
    write_rows(tmp_path, *(f"{n},0,0.1,2\n" for n in (0, 1, 2, 3, 2, 3)), "4,1,0.1,2\n")
    write_evaluations(tmp_path, (1, None), (2, None))
    steps = dict(TrackedLog(tmp_path).read(is_over=True))
    assert list(steps) == list(range(8))
    assert [step for step, values in steps.items() if "dev/loss" in values] == [6, 7]


@pytest.mark.parametrize("text", ["", "{", json.dumps({"epochs": 3}), "[]"])
def test_evaluations_that_cannot_be_read_are_left_out(text, tmp_path):
    write_rows(tmp_path, "0,0,0.1,2\n", "x,y\n", "1,0,0.1,2\n")
    (tmp_path / "evaluations.json").write_text(text)
    assert [step for step, _ in TrackedLog(tmp_path).read(is_over=True)] == [0, 1]


def test_the_best_scores_are_named_by_set(tmp_path):
    assert best_scores(EvaluationHistory()) == {}
    found = best_scores(write_evaluations(tmp_path, (1, None)))
    assert found["best/dev/accuracy"] == 0.75
