"""Several runs side by side."""

import json
from dataclasses import replace

import numpy as np
import pytest
from reports.hand_made import report_of

from kbert.reports.comparison import Comparison
from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord


def with_wrong(wrong, **changes):
    """Return the report of a run whose best evaluation has these rows wrong."""
    report = report_of(**changes)
    table = report.predictions
    shares = np.where(np.eye(2)[table.true] > 0, 0.9, 0.1)
    shares[wrong] = shares[wrong][:, ::-1]
    scores = Evaluation.from_logits(np.log(shares), table.true, table.names)
    history = EvaluationHistory()
    history.add(EvaluationRecord(1, 10, {"dev": scores}))
    return replace(report, history=history, predictions=replace(table, outputs=shares))


BEST, WORSE = with_wrong([0, 1], name="best"), with_wrong([1, 2, 3, 4, 5, 6, 7], name="worse")


def test_runs_are_tested_against_the_first():
    found = Comparison.of([BEST, WORSE])
    assert [(run.name, run.score) for run in found.runs] == [("best", 0.95), ("worse", 0.825)]
    first, second = found.runs
    assert first.against is None
    test = second.against.test
    assert (test.first, test.second) == (6, 1)  # rows 2 to 7, and row 0
    assert test.p == 0.125  # 2 * (1 + 7) / 2 ** 7
    interval = second.against.interval
    assert interval.low < second.against.difference < interval.high
    assert second.against.difference == pytest.approx(-5 / 40)
    assert (found.rows, found.set) == (40, "dev")


def test_the_best_run_is_found_at_any_position():
    found = Comparison.of([WORSE, BEST])
    assert [run.name for run in found.runs] == ["worse", "best"]
    assert found.best is found.runs[1]
    by_loss = [replace(one, history=by(one, "loss"), predictions=None) for one in (BEST, WORSE)]
    assert Comparison.of(by_loss).best.name == "best"
    assert Comparison.of(by_loss).is_better_lower


def by(report, monitor):
    """Return a run's history, judged by another score."""
    return EvaluationHistory(monitor, records=report.history.records)


def test_cross_validations_are_compared_on_all_their_rows():
    found = []
    for report in (BEST, WORSE):
        best = report.history.best
        found.append(
            replace(report, history=EvaluationHistory(), out_of_fold=best.first, folds=(best, best))
        )
    comparison = Comparison.of(found)
    assert [(run.name, run.score) for run in comparison.runs] == [("best", 0.95), ("worse", 0.825)]
    assert comparison.runs[1].against.test.p == 0.125
    assert {run.when for run in comparison.runs} == {"out of 2 folds"}
    assert "on the same 40 rows, each predicted by the model of the fold" in comparison.page()


def test_shows_which_settings_and_versions_differ():
    settings = 'data = "other.csv"\nseed = 1\nepochs = 2\n'
    record = {**BEST.record, "versions": {"kbert": "0.2.0", "jax": None}}
    other = replace(BEST, name="other", settings=settings, record=record)
    same = replace(BEST, settings='data = "films.csv"\nseed = 0\nepochs = 2\n')
    found = Comparison.of([same, other])
    assert found.differing == {
        "settings": {"seed": (0, 1)},
        "data": {},
        "versions": {"kbert": ("0.1.0", "0.2.0")},
    }
    text = found.page()
    assert "<h3>Settings</h3>" in text
    assert "<h3>Versions</h3>" in text
    assert "<h3>Data</h3>" not in text
    nothing = Comparison.of([BEST, replace(BEST, name="again")]).differing
    assert not any(nothing.values())


def with_settings(report, seed, rate):
    name, settings = (
        f"{rate}-{seed}",
        f'data = "films.csv"\nseed = {seed}\nlearning_rate = {rate}\n',
    )
    return replace(report, name=name, settings=settings)


def test_settings_are_compared_over_their_seeds():
    seeds = [
        with_settings(report, seed, rate)
        for rate, both in ((1e-5, (WORSE, WORSE)), (2e-5, (BEST, WORSE)))
        for seed, report in enumerate(both)
    ]
    found = Comparison.of(seeds)
    assert [group.runs for group in found.groups] == [
        ("1e-05-0", "1e-05-1"),
        ("2e-05-0", "2e-05-1"),
    ]
    assert found.groups[1].test.differences == pytest.approx((0.125, 0.0))
    text = found.page()
    assert "<h2>Over seeds</h2>" in text
    assert "<td>learning_rate 2e-05</td><td>0, 1</td>" in text
    assert "Over seeds" not in Comparison.of([BEST, WORSE]).page()


def test_to_dict_is_complete():
    record = json.loads(json.dumps(Comparison.of([WORSE, BEST]).to_dict()))
    assert (record["score"], record["lower_is_better"], record["set"]) == ("accuracy", False, "dev")
    first, second = record["runs"]
    assert first["against_first"] is None
    assert second["against_first"]["test"] == {"first": 1, "second": 6, "p": 0.125}
    assert second["against_first"].keys() == {"difference", "interval", "test", "p_holm"}
    assert second["scores"]["classes"][0]["label"] == "bad"
    assert second["best_at"] == "epoch 1"
    assert record.keys() == {
        *("score", "lower_is_better", "set", "rows", "best", "runs", "over_seeds", "differing"),
        "notes",
    }


def test_page_has_the_runs_and_curves_and_escapes_names():
    text = Comparison.of([WORSE, replace(BEST, name="<script>alert(1)</script>")]).page()
    assert "<td>worse</td>" in text
    assert "&lt;script&gt;" in text
    assert text.count("<script>") == 1
    assert text.count("<figure>") == 4
    assert "Nothing that the runs record" in text
