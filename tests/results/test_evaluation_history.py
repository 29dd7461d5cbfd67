"""The best of a run's evaluations, patience, and the files that record them."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from kbert.errors import KbertError
from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord

FORMATS = Path(__file__).parents[1] / "data" / "formats" / "0.1"


def record(accuracy, epoch=1, batch=None, **scores):
    values = {"rows": 4, "loss": 1 - accuracy, "macro_f1": 0.5, "mcc": 0.1, **scores}
    evaluation = Evaluation(accuracy=accuracy, classes=(), **values)
    return EvaluationRecord(epoch, 10 * epoch + (batch or 9), {"dev": evaluation}, batch)


def history(*accuracies, monitor="accuracy", patience=None):
    records = [record(accuracy, epoch) for epoch, accuracy in enumerate(accuracies, 1)]
    return EvaluationHistory(monitor, patience, records)


def test_before_the_first_evaluation():
    empty = EvaluationHistory("accuracy", patience=1)
    assert (empty.last, empty.best, empty.is_over) == (None, None, False)


@pytest.mark.parametrize(
    ("accuracies", "best"),
    [((0.1, 0.9, 0.5), 2), ((0.5, 0.5), 1), ((math.nan, 0.1), 2), ((math.nan, math.nan), 1)],
    ids=["the-highest", "the-first-of-equals", "not-a-number", "nothing-but-these"],
)
def test_the_best(accuracies, best):
    assert history(*accuracies).best.epoch == best


@pytest.mark.parametrize("monitor", ["accuracy", "macro_f1", "mcc"])
@pytest.mark.parametrize(
    ("losses", "best"),
    [((0.9, 0.09, 0.5), 2), ((0.5, 0.5, 0.5), 1), ((math.nan, 0.5, 0.6), 2)],
    ids=["the-lowest-loss", "the-first-of-equals", "not-a-number"],
)
def test_loss_decides_between_equal_scores(monitor, losses, best):
    records = [record(0.75, epoch, loss=loss) for epoch, loss in enumerate(losses, 1)]
    assert EvaluationHistory(monitor, records=records).best.epoch == best


def test_a_lower_loss_at_the_same_score_is_an_improvement():
    losses = (0.9, 0.8, 0.7, 0.7, 0.7)
    records = [record(0.75, epoch, loss=loss) for epoch, loss in enumerate(losses, 1)]
    over = [EvaluationHistory("accuracy", 2, records[:n]).is_over for n in range(1, 6)]
    assert over == [False, False, False, False, True]


def test_a_history_of_0_1_keeps_the_first_of_equals():
    records = [record(0.75, epoch, loss=loss) for epoch, loss in ((1, 0.9), (2, 0.1))]
    new = EvaluationHistory("accuracy", records=records).to_dict()
    assert new["best_epoch"] == EvaluationHistory.from_dict(new).best.epoch == 2
    old = {name: value for name, value in new.items() if name != "ties"}
    found = EvaluationHistory.from_dict(old)
    assert found.best.epoch == 1
    assert EvaluationHistory.from_dict(found.to_dict()).without_end_of(3).best.epoch == 1


def test_a_filtered_history_of_0_1_keeps_the_first_of_equals():
    scores = ((0.9, 0.9), (0.75, 0.9), (0.75, 0.1), (0.8, 0.1))
    records = [record(accuracy, n, loss=loss) for n, (accuracy, loss) in enumerate(scores, 1)]
    old = EvaluationHistory("accuracy", records=records, ties="first")
    assert old.without(records[0]).without_end_of(4).best.epoch == 2


@pytest.mark.parametrize(
    "name", ["epoch", "batch", "update", "step", "sets", "folder", "monitor", "dev", ""]
)
def test_sets_of_any_name_are_written_and_read(name):
    scores = record(0.5).scores["dev"]
    for sets in ({name: scores}, {"other": scores, name: scores}):
        one = EvaluationRecord(1, 9, sets, 3)
        assert EvaluationRecord.from_dict(json.loads(json.dumps(one.to_dict()))) == one


def test_the_best_loss_is_the_lowest():
    assert history(0.1, 0.9, 0.5, monitor="loss").best.epoch == 2


def test_add_tells_whether_it_is_the_best_so_far():
    one = EvaluationHistory("accuracy")
    added = [one.add(record(accuracy)) for accuracy in (0.5, 0.4, 0.5, 0.6)]
    assert added == [True, False, False, True]
    assert one.last is one.best


def test_patience_counts_evaluations_since_the_best():
    assert [history(*[0.5] * n, patience=2).is_over for n in (1, 2, 3)] == [False, False, True]
    assert not history(0.5, 0.4, 0.6, patience=2).is_over
    assert not history(*[0.5] * 9).is_over


def test_as_plain_data_and_back():
    one = EvaluationHistory("mcc", records=[record(0.5, 1, 7), record(0.4, 1)])
    values = json.loads(json.dumps(one.to_dict()))
    assert (values["best_epoch"], values["best_batch"]) == (1, 7)
    assert [(e["epoch"], e.get("batch"), e["update"]) for e in values["epochs"]] == [
        *((1, 7, 17), (1, None, 19))
    ]
    again = EvaluationHistory.from_dict(values, patience=3)
    assert (again.monitor, again.patience, again.records) == ("mcc", 3, one.records)


def test_best_at_the_end_of_an_epoch_has_no_batch():
    assert "best_batch" not in history(0.5).to_dict()


def test_evaluation_at_the_end_of_an_epoch_can_be_left_out():
    records = [record(0.5, 1), record(0.6, 2, 3), record(0.7, 2)]
    kept = EvaluationHistory("accuracy", 4, records).without_end_of(2)
    assert (kept.records, kept.patience) == (records[:2], 4)


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_reads_evaluations_of_kbert_0_1(backend):
    run = FORMATS / f"stopped-{backend}"
    text = (run / "evaluations.json").read_text(encoding="utf-8")
    found = EvaluationHistory.from_dict(json.loads(text))
    assert [(r.epoch, r.batch, r.update) for r in found.records] == [(1, None, 3)]
    assert found.best.scores["dev"].accuracy == 0.5
    for state in run.glob("checkpoints/*/state.json"):
        kept = EvaluationHistory.from_dict(json.loads(state.read_text())["evaluations"])
        assert kept.records == found.records


@pytest.mark.parametrize(
    "values",
    [
        {},
        [],
        {"monitor": "accuracy", "epochs": 3},
        {"monitor": "accuracy", "epochs": [{"epoch": 1, "update": 3}]},
        {"monitor": "accuracy", "epochs": [{"epoch": 1, "dev": {}}]},
        {"monitor": "accuracy", "epochs": [{"epoch": 1, "update": 3, "dev": "good"}]},
        {"monitor": "f1", "epochs": []},
    ],
    ids=["empty", "list", "number", "no-set", "no-update", "no-scores", "monitor"],
)
def test_other_data_is_refused(values):
    with pytest.raises(KbertError, match="These are not the evaluations of a run"):
        EvaluationHistory.from_dict(values)


def test_files(tmp_path):
    one = history(0.5, 0.75, 0.25)
    one.write(tmp_path)
    written = json.loads((tmp_path / "evaluations.json").read_text())
    assert EvaluationHistory.from_dict(written).records == one.records
    assert (tmp_path / "eval_results.txt").read_text() == (
        "eval_accuracy = 0.75\neval_loss = 0.25\nglobal_step = 29\nloss = 0.25\n"
    )


def test_without_evaluations_no_google_file_is_written(tmp_path):
    EvaluationHistory("accuracy").write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["evaluations.json"]


def test_refusals():
    with pytest.raises(KbertError, match="`monitor` must be one of .* Received: 'f1'"):
        EvaluationHistory("f1")
    for patience in (0, 1.5, "3", True):
        with pytest.raises(KbertError, match="`patience` must be a whole number, 1 or more"):
            EvaluationHistory("accuracy", patience)


def test_the_best_few():
    of_equals = history(0.5, 0.9, math.nan, 0.5, 0.7)
    assert [one.epoch for one in of_equals.best_of(4)] == [2, 5, 1, 4]
    assert [one.epoch for one in history(0.5).best_of(3)] == [1]


def test_an_average_is_described_and_survives_a_round_trip():
    average = replace(record(0.8, 3), average_of=((3, None), (2, 5)))
    assert str(average.when) == "the average of epoch 3; epoch 2, batch 5"
    again = EvaluationHistory.from_dict(json.loads(json.dumps(history(0.5, 0.7).to_dict())))
    again.add(average)
    read = EvaluationHistory.from_dict(json.loads(json.dumps(again.to_dict()))).records
    assert [one.average_of for one in read] == [(), (), ((3, None), (2, 5))]
