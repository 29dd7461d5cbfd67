"""The temperature of logits, checked by hand and against scikit-learn."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss

from kbert.results.calibration import Calibration
from kbert.results.temperature import Temperature


class Logits(ClassifierMixin, BaseEstimator):
    """An estimator whose inputs are its logits."""

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, x):
        return x

    def predict(self, x):
        return self.classes_[x.argmax(axis=1)]


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def rows(count=400, classes=4, seed=0, sure=3.0):
    random = np.random.default_rng(seed)
    true = random.integers(0, classes, count)
    logits = random.normal(0, 1, (count, classes))
    logits[np.arange(count), true] += 1
    return sure * logits, true


def test_by_hand():
    """The logits say 98%; with two classes and 3 of 4 rows right, log(3) = 4 / T must hold."""
    logits = np.array([[2.0, -2.0]] * 8 + [[-2.0, 2.0]] * 8)
    true = np.array([0, 0, 0, 1] * 2 + [1, 1, 1, 0] * 2)
    found = Temperature.fit(logits, true)
    assert found.value == pytest.approx(4 / np.log(3), rel=1e-3)
    sure = 1 / (1 + np.exp(-4))
    assert found.change.ece[0] == pytest.approx(sure - 0.75)
    assert found.change.ece[1] == pytest.approx(0, abs=1e-4)
    assert found.change.brier[0] == pytest.approx(0.75 * 2 * (1 - sure) ** 2 + 0.25 * 2 * sure**2)
    assert found.change.brier[1] == pytest.approx(0.75 * 2 * 0.25**2 + 0.25 * 2 * 0.75**2)
    assert found.change.log_loss[0] == pytest.approx(-0.75 * np.log(sure) - 0.25 * np.log(1 - sure))
    assert found.change.log_loss[1] == pytest.approx(
        -0.75 * np.log(0.75) - 0.25 * np.log(0.25), rel=1e-6
    )


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator:UserWarning")  # which fits nothing
@pytest.mark.parametrize("weighted", [False, True])
def test_matches_scikit_learn(weighted):
    logits, true = rows()
    weights = np.random.default_rng(1).uniform(0, 3, len(true)) if weighted else None
    theirs = CalibratedClassifierCV(
        FrozenEstimator(Logits().fit(logits, true)), method="temperature"
    )
    theirs.fit(logits, true, sample_weight=weights)
    found = Temperature.fit(logits, true, weights)
    assert found.value > 2
    np.testing.assert_allclose(
        softmax(logits / found.value), theirs.predict_proba(logits), atol=2e-3
    )


def test_no_other_temperature_has_a_lower_loss():
    logits, true = rows(sure=0.3)
    found = Temperature.fit(logits, true)
    assert found.value < 1
    losses = [log_loss(true, softmax(logits / (found.value * by))) for by in (0.97, 1, 1.03)]
    assert losses[1] < min(losses[0], losses[2])


def test_calibration_is_measured_on_rows_that_were_not_fitted():
    """The rows, class by class, go alternately to one half and the other."""
    logits, true = rows()
    first = np.zeros(len(true), bool)
    turns = itertools.cycle([True, False])
    for number in range(4):
        for row in np.flatnonzero(true == number):
            first[row] = next(turns)
    shares = np.empty_like(logits)
    for half in (first, ~first):
        fitted = Temperature.fit(logits[half], true[half]).value
        shares[~half] = softmax(logits[~half] / fitted)
    found = Temperature.fit(logits, true)
    assert found.change.ece[1] == pytest.approx(Calibration.of(shares, true).ece)
    assert found.change.log_loss[1] == pytest.approx(log_loss(true, shares))
    assert found.change.log_loss[0] == pytest.approx(log_loss(true, softmax(logits)))


def test_several_labels_and_shares_of_classes():
    logits, true = rows(classes=3)
    has = np.random.default_rng(2).random(logits.shape) < 1 / (1 + np.exp(-logits / 2.5))
    found = Temperature.fit(logits, has.astype(np.uint8))
    each = 1 / (1 + np.exp(-logits / found.value))
    losses = [
        log_loss(has.ravel(), (1 / (1 + np.exp(-logits / (found.value * by)))).ravel())
        for by in (0.97, 1, 1.03)
    ]
    assert losses[1] < min(losses[0], losses[2])
    assert found.change.log_loss[0] == pytest.approx(
        log_loss(has.ravel(), (1 / (1 + np.exp(-logits))).ravel())
    )
    assert abs(each.mean() - has.mean()) < 0.05
    shares = np.eye(3)[true]
    assert Temperature.fit(logits, shares).value == Temperature.fit(logits, true).value


@pytest.mark.parametrize("sign", [1, -1])
def test_nothing_is_fitted_if_all_rows_are_right_or_wrong(sign):
    true = np.array([0, 1] * 10)
    found = Temperature.fit(sign * 3.0 * np.eye(2)[true], true)
    assert (found.value, found.is_fitted) == (1.0, False)
    for before, after in found.change.to_dict().values():
        assert before == after
    assert "stay as they are" in found.told("dev")


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.floats(0.2, 5))
def test_scaled_logits_have_a_scaled_temperature(seed, factor):
    logits, true = rows(count=60, classes=3, seed=seed, sure=1.5)
    one, other = Temperature.fit(logits, true), Temperature.fit(factor * logits, true)
    if one.is_fitted and other.is_fitted:
        assert other.value == pytest.approx(factor * one.value, rel=2e-3)


def test_a_single_row():
    assert Temperature.fit(np.array([[1.0, 0.0]]), np.array([0])).value == 1.0
