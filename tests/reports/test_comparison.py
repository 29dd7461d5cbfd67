"""Several runs side by side."""

from dataclasses import replace

import numpy as np
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


def test_the_best_comes_first_and_others_are_tested_against_it():
    found = Comparison.of([WORSE, BEST])
    assert [(run.name, run.score) for run in found.runs] == [("best", 0.95), ("worse", 0.825)]
    first, second = found.runs
    assert first.test is first.less is None
    assert (second.test.first, second.test.second) == (6, 1)  # rows 2 to 7, and row 0
    assert second.test.p == 0.125  # 2 * (1 + 7) / 2 ** 7
    assert second.less.low < 5 / 40 < second.less.high
    assert (found.rows, found.set, found.names) == (40, "dev", ("worse", "best"))


def test_cross_validations_are_compared_on_all_their_rows():
    found = []
    for report in (WORSE, BEST):
        best = report.history.best
        found.append(
            replace(report, history=EvaluationHistory(), out_of_fold=best.first, folds=(best, best))
        )
    comparison = Comparison.of(found)
    assert [(run.name, run.score) for run in comparison.runs] == [("best", 0.95), ("worse", 0.825)]
    assert comparison.runs[1].test.p == 0.125
    assert {run.when for run in comparison.runs} == {"out of 2 folds"}
    assert "on the same 40 rows, each predicted by the model of the fold" in comparison.page()


def test_what_differs_is_what_was_set_and_installed():
    settings = 'data = "other.csv"\nseed = 1\nepochs = 2\n'
    record = {**BEST.record, "versions": {"kbert": "0.2.0", "jax": None}}
    other = replace(BEST, name="other", settings=settings, record=record)
    same = replace(BEST, settings='data = "films.csv"\nseed = 0\nepochs = 2\n')
    found = Comparison.of([same, other])
    assert found.differing == {"seed": ("0", "1"), "version of kbert": ("0.1.0", "0.2.0")}
    assert Comparison.of([BEST, replace(BEST, name="again")]).differing == {}


def test_the_page_has_the_runs_their_curves_and_no_code_of_names():
    text = Comparison.of([WORSE, replace(BEST, name="<script>alert(1)</script>")]).page()
    assert "<td>worse</td>" in text
    assert "&lt;script&gt;" in text
    assert text.count("<script>") == 1
    assert text.count("<figure>") == 4
    assert "Nothing that the runs record" in text
