"""What is reported about the rows that a model gets wrong, checked by hand."""

import json

import numpy as np
import pytest

from kbert.analysis.found_errors import FoundErrors
from kbert.analysis.nearest_rows import NearRow
from kbert.cli.error_lines import error_lines
from kbert.results.prediction_table import PredictionTable
from kbert.results.weak_model import weak_model_note
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.soft import Soft

SHARES = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.05, 0.95], [0.9, 0.1], [0.1, 0.9]]
TEXTS = ["one", "two", "three,\nwith a line", "four", "五个很好", "six"]


def errors_of(true, target=None, outputs=SHARES, names=("bad", "good"), **more):
    table = PredictionTable(
        names,
        {"row": list(range(1, len(outputs) + 1))},
        np.array(true),
        np.array(outputs, np.float32),
        are_numbers=more.pop("are_numbers", False),
    )
    values = {"source": "6 rows", "texts": TEXTS[: len(outputs)], "pairs": None, **more}
    return FoundErrors(table=table, target=target or Single(), **values)


@pytest.fixture
def found():
    near = {3: (NearRow("9", "good", 0.75, "near one"),)}
    return errors_of([0, 1, 1, 0, 0, 1], near=near, shown=2, notes=("A note.",))


def test_rows_are_ordered_by_loss(found):
    assert found.order.tolist() == [3, 2, 1, 0, 4, 5]
    assert found.losses[3] == pytest.approx(-np.log(0.05), rel=1e-5)
    assert found.suspects.tolist() == [3]
    assert [(c.label, c.predicted, c.rows) for c in found.confusions] == [
        ("bad", "good", 1),
        ("good", "bad", 1),
    ]
    assert found.first.tolist() == [2, 3]


def test_text_shows_the_first_rows_of_each_list(found):
    assert (
        str(found)
        == """\
6 rows
A note.

Most frequent confusions (label, predicted, rows, share of the label):
  bad   good       1   33.3%
  good  bad        1   33.3%

Labels that are probably wrong (1 of 6 rows):
  row  label  predicted  loss    text
  4    bad    good       2.9957  four
      near: 0.750  row 9  good  near one

Greatest losses:
  row  label  predicted  loss    text
  4    bad    good       2.9957  four
      near: 0.750  row 9  good  near one
  3    good   bad        0.9163  three, with a line"""
    )


def test_files_contain_every_row(found):
    lines = list(error_lines(found, "csv"))
    assert lines[:2] == [
        "row,loss,suspect,label,predicted,p(bad),p(good),text,nearest\n",
        "4,2.9957323,1,bad,good,0.05,0.95,four,9 good 0.750\n",
    ]
    assert len(lines) == 7
    records = [json.loads(line) for line in error_lines(found, "jsonl")]
    assert [record["row"] for record in records] == [4, 3, 2, 1, 5, 6]
    assert records[0]["nearest"][0]["similarity"] == 0.75
    assert records[0]["outputs"] == {"bad": pytest.approx(0.05), "good": pytest.approx(0.95)}


def test_to_dict_has_what_is_printed(found):
    values = found.to_dict()
    assert json.loads(json.dumps(values)) == values
    assert (values["rows"], values["suspects"]) == (6, 1)
    assert [record["row"] for record in values["greatest_losses"]] == [4, 3]
    assert [record["row"] for record in values["first_suspects"]] == [4]
    assert values["loss"] == pytest.approx(found.losses.mean())


def test_rows_with_several_labels_numbers_or_probabilities():
    several = errors_of([[1, 0], [0, 1], [1, 0], [0, 1], [1, 1], [0, 0]], Multi())
    assert several.confusions == ()
    records = {record["row"]: record for record in several.records()}
    assert (records[5]["label"], records[5]["predicted"]) == ("bad, good", "bad")
    assert records[6]["label"] == "(none)"
    assert records[5]["true"] == {"bad": 1.0, "good": 1.0}
    numbers = errors_of(
        [[1.0], [5.0]], Regression((0.0,), (2.0,)), [[2.0], [1.0]], ("stars",), are_numbers=True
    )
    assert numbers.losses.tolist() == [0.25, 4.0]
    assert numbers.suspects is None
    lines = list(error_lines(numbers, "csv"))
    assert lines[0] == "row,loss,suspect,label,predicted,predicted(stars),true(stars),text\n"
    assert lines[1] == "2,4,,5,1,1,5,two\n"
    assert "Labels that are probably wrong" not in str(numbers)
    soft = errors_of([[0.7, 0.3]] * 6, Soft())
    assert soft.suspects is None
    assert next(soft.records())["label"] == "bad 0.70"


def test_without_texts_and_with_mostly_doubtful_labels():
    found = errors_of([1, 0, 1, 0, 0, 1], texts=None)
    assert "This many say more about the model than about the labels." in str(found)
    assert "text" not in next(found.records())
    assert "loss\n" in str(found)


def test_warns_against_relying_on_the_doubts_of_a_weak_model():
    note = weak_model_note([{"code": "imbalance"}, {"code": "below-baseline"}])
    found = errors_of([1, 0, 1, 0, 0, 1], suspects_note=note)
    lines = str(found).splitlines()
    place = next(at for at, line in enumerate(lines) if line.startswith("Labels that are prob"))
    assert lines[place + 1].startswith("  Do not rely on this list: the model is no better than")
    assert "This many say more" not in str(found)
    assert found.to_dict()["suspects_note"] == note
    assert weak_model_note([{"code": "imbalance"}]) is None


def test_both_texts_of_a_pair_are_shown():
    assert "one ¶ second" in str(errors_of([0, 1, 1, 0, 0, 1], pairs=["second"] * 6))
