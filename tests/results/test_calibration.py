"""Calibration, checked by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from kbert.results.calibration import Calibration


def test_by_hand():
    """Ten rows at 0.9, eight of them right, and ten at 0.6, six of them right."""
    probabilities = np.array([[0.9, 0.1]] * 10 + [[0.4, 0.6]] * 10)
    classes = [0] * 8 + [1] * 2 + [1] * 6 + [0] * 4
    found = Calibration.of(probabilities, classes)
    assert found.rows == (10, 10)
    assert found.confidence == pytest.approx((0.6, 0.9))
    assert found.accuracy == pytest.approx((0.6, 0.8))
    assert found.ece == pytest.approx((0 + 0.1) / 2)
    right, wrong = 2 * 0.1**2, 2 * 0.9**2
    others = 6 * 2 * 0.4**2 + 4 * 2 * 0.6**2
    assert found.brier == pytest.approx((8 * right + 2 * wrong + others) / 20)


def test_two_classes_match_scikit_learn():
    random = np.random.default_rng(0)
    positive = random.uniform(0.5, 1, 500)
    true = (random.random(500) < positive).astype(int)
    found = Calibration.of(np.stack([1 - positive, positive], axis=1), true, bins=10)
    accuracy, confidence = calibration_curve(true, positive, n_bins=10)
    assert found.accuracy == pytest.approx(accuracy)
    assert found.confidence == pytest.approx(confidence)
    assert found.brier == pytest.approx(2 * brier_score_loss(true, positive))


def test_probability_1_is_in_the_last_bin():
    found = Calibration.of(np.eye(3)[[0, 1, 2]], [0, 1, 1])
    assert (found.rows, found.confidence, found.accuracy) == ((3,), (1.0,), pytest.approx((2 / 3,)))
