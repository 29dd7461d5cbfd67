"""The drawings of runs and predictions."""

import json
import xml.etree.ElementTree as ET
from dataclasses import asdict

import numpy as np
import pytest
from reports.hand_made import report_of
from sklearn import metrics

from kbert import plots
from kbert.errors import InputError
from kbert.results.length_histogram import LengthHistogram
from kbert.results.step_columns import STEP_COLUMNS

LABELS = ["bad", "good", "bad", "good", "good"]
PREDICTED = ["bad", "bad", "bad", "good", "good"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with its files but no model."""
    report, path = report_of(), tmp_path_factory.mktemp("runs") / "films"
    path.mkdir()
    lengths = LengthHistogram.of([5, 9, 128], 128).to_dict()
    record = {**report.record, "plan": asdict(report.plan), "lengths": {"train": lengths}}
    (path / "run.json").write_text(json.dumps(record))
    (path / "config.toml").write_text('data = "films.csv"\n')
    (path / "evaluations.json").write_text(json.dumps(report.history.to_dict()))
    rows = (f"{step},0,{step / 1e5},{1 / (step + 1)},{step + 1},0.001\n" for step in range(20))
    (path / "learning_rate.csv").write_text(",".join(STEP_COLUMNS) + "\n" + "".join(rows))
    report.predictions.write(path / "predictions.csv")
    return path


def texts(drawing):
    """Return the texts of a drawing, which must be well-formed."""
    tree = ET.fromstring(drawing._repr_svg_())
    return [one.text for one in tree.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (plots.losses, "loss of the batch"),
        (plots.gradient_norms, "gradient norm"),
        (plots.update_ratios, "update / weights"),
        (plots.scores, "accuracy"),
        (plots.learning_rate, "planned"),
        (plots.lengths, "at most 128 are read"),
        (plots.confusion_matrix, "predicted"),
        (plots.reliability, "perfect calibration"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_run_is_drawn_from_a_path_or_a_string(draw, expected, run):
    assert expected in texts(draw(run))
    assert draw(str(run)) == draw(run)


def test_training_shows_all_curves(run):
    found = texts(plots.training(run))
    for title in ("Loss by step", "Learning rate by step", "accuracy by update"):
        assert title in found


def test_several_runs_are_told_apart(run, tmp_path):
    other = tmp_path / "films"
    other.mkdir()
    for file in run.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    found = texts(plots.losses(run, other))
    assert str(run) in found
    assert str(other) in found


def test_confusion_matrix_matches_scikit_learn():
    found = texts(plots.confusion_matrix(LABELS, PREDICTED))
    expected = metrics.confusion_matrix(LABELS, PREDICTED).ravel().tolist()
    assert [int(text) for text in found if text.isdigit()] == expected
    shown = texts(plots.confusion_matrix([1, 0, 1], [1, 1, 1], names=[1, 0, 2]))
    assert [text for text in shown if text.isdigit()][-9:] == list("200100000")


def test_only_the_most_confused_of_many_classes_are_drawn():
    true = np.repeat(np.arange(77), 2)
    predicted = true.copy()
    predicted[::2][40:] = 39  # classes 40 to 76 are mistaken for 39
    drawing = plots.confusion_matrix(true, predicted)
    assert drawing.title == "The 20 most confused of 77 classes"
    assert {"39", "40", "58"} <= set(texts(drawing))


def test_two_classes_need_only_the_probability_of_the_second():
    shares = np.array([0.9, 0.2, 0.6, 0.4])
    both = plots.reliability([1, 0, 1, 1], np.stack([1 - shares, shares], axis=1))
    assert plots.reliability([1, 0, 1, 1], shares) == both


def test_a_plan_without_a_run():
    found = texts(plots.learning_rate(report_of().plan))
    assert "planned" in found
    assert "used" not in found


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.losses(), "Pass the directory of a run"),
        (lambda: plots.losses("nowhere"), "nowhere does not exist"),
        (lambda: plots.confusion_matrix(LABELS), "Pass `predictions` too, or a run"),
        (lambda: plots.confusion_matrix(LABELS, PREDICTED[1:]), "as many `predictions` as labels"),
        (lambda: plots.confusion_matrix([], []), "at least one"),
        (lambda: plots.confusion_matrix(LABELS, PREDICTED, names=["bad"]), "lacks 'good'"),
        (lambda: plots.confusion_matrix("nowhere", PREDICTED), "Pass a run, or labels"),
        (lambda: plots.reliability([0, 2], [[0.5, 0.5], [1, 0]]), "from 0 to 1. Received: 2"),
        (lambda: plots.reliability([0, 1], [[0.5, 0.5], [np.nan, 0]]), "between 0 and 1"),
        (lambda: plots.reliability([0, 1], ["a", "b"]), "are numbers"),
        (lambda: plots.reliability(["bad", "good"], [0.1, 0.9]), "class numbers"),
        (lambda: plots.lengths([1.5, 2]), "whole numbers of tokens"),
        (lambda: plots.lengths([]), "whole numbers of tokens"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
