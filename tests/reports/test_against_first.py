"""How far runs are from the first, for each kind of target."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from reports.hand_made import report_of
from scipy import stats
from sklearn.metrics import average_precision_score, root_mean_squared_error

from kbert.reports import sampled_scores
from kbert.reports.against_first import against_first
from kbert.results.bootstrap import bootstrap_scores
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.prediction_table import PredictionTable
from kbert.targets.multi import Multi
from kbert.targets.ordered import Ordered
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.soft import Soft

ROWS, NAMES = 120, ("1", "2", "3")
RANDOM = np.random.default_rng(0)
IDS = RANDOM.integers(3, size=ROWS)
HAS = RANDOM.random((ROWS, 3)) < 0.4
NUMBERS = RANDOM.normal(size=(ROWS, 3))
SHARES = np.where(np.eye(3)[IDS] > 0, 0.8, 0.1)


def report(target, true, outputs, monitor, weights=None):
    """Return the report of a run with these outputs, judged by a score."""
    outputs = np.asarray(outputs, np.float32)
    table = PredictionTable(
        NAMES, {"row": list(range(ROWS))}, true, outputs, weights, target.activation == "linear"
    )
    history = EvaluationHistory(monitor)
    scores = target.scores(target.raw(outputs), true, NAMES, weights)
    history.add(EvaluationRecord(1, 10, {"dev": scores}))
    return replace(report_of(), target=target, predictions=table, history=history)


def softmaxed(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def outputs_of(noise, seed):
    logits = 2 * np.eye(3)[IDS] + np.random.default_rng(seed).normal(0, noise, (ROWS, 3))
    return softmaxed(logits)


BETTER, WORSE = outputs_of(1.0, 1), outputs_of(2.5, 2)


@pytest.mark.parametrize(
    ("target", "true"), [(Single(), IDS), (Ordered(), IDS), (Soft(), SHARES)], ids=lambda x: ""
)
def test_single_class_targets_are_compared_by_right_and_wrong_rows(target, true):
    reports = [report(target, true, outputs, "accuracy") for outputs in (WORSE, BETTER)]
    first, second = against_first(reports)
    assert first is None
    rights = [outputs.argmax(axis=1) == IDS for outputs in (WORSE, BETTER)]
    counts = ((rights[0] & ~rights[1]).sum(), (rights[1] & ~rights[0]).sum())
    assert (second.test.first, second.test.second) == counts
    assert second.test.p == pytest.approx(stats.binomtest(int(min(counts)), sum(counts)).pvalue)
    assert second.p_holm == second.test.p
    assert second.difference == pytest.approx(rights[1].mean() - rights[0].mean())
    expected = stats.bootstrap(
        (rights[1].astype(float) - rights[0],), np.mean, method="percentile", rng=1
    ).confidence_interval
    found = (second.interval.low, second.interval.high)
    assert found == pytest.approx((expected.low, expected.high), abs=0.03)


def rmse(true, told):
    return np.mean([root_mean_squared_error(true[:, n], told[:, n]) for n in range(3)])


@pytest.mark.parametrize(
    ("target", "true", "told", "monitor", "score"),
    [
        (
            Multi(),
            HAS.astype(float),
            [np.clip(0.5 + (HAS - 0.5) * k + NUMBERS * 0.1, 0.01, 0.99) for k in (0.05, 0.4)],
            "average_precision",
            lambda true, told: average_precision_score(true, told),
        ),
        (Regression(), NUMBERS, [NUMBERS * 0.1, NUMBERS * 0.6], "rmse", rmse),
    ],
    ids=["multi", "regression"],
)
def test_other_targets_compare_a_sampled_score(target, true, told, monitor, score, monkeypatch):
    few = partial(bootstrap_scores, repeats=80)  # all repeats would take seconds
    monkeypatch.setattr(sampled_scores, "bootstrap_scores", lambda of, rows, repeats: few(of, rows))
    reports = [report(target, true, outputs, monitor) for outputs in told]
    second = against_first(reports)[1]
    assert second.test is second.p_holm is None
    told = [np.asarray(outputs, np.float32) for outputs in told]
    assert second.difference == pytest.approx(score(true, told[1]) - score(true, told[0]), abs=1e-5)
    samples = [RANDOM.integers(ROWS, size=ROWS) for _ in range(200)]
    drawn = [score(true[at], told[1][at]) - score(true[at], told[0][at]) for at in samples]
    low, high = np.quantile(drawn, [0.025, 0.975])
    width = high - low
    assert (second.interval.low, second.interval.high) == pytest.approx((low, high), abs=width / 4)


def test_interval_is_for_the_monitored_score():
    macro = [report(Single(), IDS, outputs, "macro_f1") for outputs in (WORSE, BETTER)]
    second = against_first(macro)[1]
    f1 = [one.scores.macro_f1 for one in macro]
    assert second.difference == pytest.approx(f1[1] - f1[0])
    assert second.interval.low < second.difference < second.interval.high


def test_row_weights_are_used_in_sampling():
    weights = np.where(IDS == 0, 5.0, 1.0)
    second = against_first(
        [report(Single(), IDS, outputs, "accuracy", weights) for outputs in (WORSE, BETTER)]
    )[1]
    rights = [outputs.argmax(axis=1) == IDS for outputs in (WORSE, BETTER)]
    expected = np.average(rights[1].astype(float) - rights[0], weights=weights)
    assert second.difference == pytest.approx(expected)
    assert second.interval.low < expected < second.interval.high


def test_several_tests_have_corrected_p_values():
    reports = [report(Single(), IDS, outputs, "accuracy") for outputs in (WORSE, BETTER, WORSE)]
    _, second, third = against_first(reports)
    assert second.p_holm == pytest.approx(2 * second.test.p)
    assert (third.test.p, third.p_holm, third.difference) == (1.0, 1.0, 0.0)
    assert (third.interval.low, third.interval.high) == (0.0, 0.0)


def test_without_predictions_only_the_scores_are_compared():
    reports = [report(Single(), IDS, outputs, "accuracy") for outputs in (WORSE, BETTER)]
    second = against_first([reports[0], replace(reports[1], predictions=None)])[1]
    assert second.difference > 0
    assert second.interval is second.test is None
