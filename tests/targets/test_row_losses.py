"""The loss of each row for every target, by hand; their mean is the loss of the scores."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from kbert.targets.multi import Multi
from kbert.targets.ordered import Ordered
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.soft import Soft

RAW = np.random.default_rng(0).normal(0, 1, (6, 3)).astype(np.float32)
CLASSES = np.array([0, 1, 2, 0, 1, 2])
SHARES = np.array(
    [[0.5, 0.25, 0.25], [1, 0, 0], [0, 1, 0], [0.2, 0.3, 0.5], [0, 0, 1], [0.1, 0.9, 0]]
)
NUMBERS = np.array([[1.0, 2, 3], [4, 5, 6], [0, 0, 0], [-1, 1, 2], [2, 2, 2], [9, 8, 7]])
KINDS = {
    "single": (Single(), CLASSES),
    "ordered": (Ordered(), CLASSES),
    "multi": (
        Multi(),
        np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]]),
    ),
    "soft": (Soft(), SHARES),
    "regression": (Regression((0.0,) * 3, (1.0, 2.0, 4.0)), NUMBERS),
}


@pytest.mark.parametrize("kind", KINDS)
def test_mean_is_the_loss_of_the_scores(kind):
    target, true = KINDS[kind]
    losses = target.row_losses(target.outputs(RAW), true)
    assert losses.shape == (6,)
    assert losses.mean() == pytest.approx(target.scores(RAW, true, "abc").loss, rel=1e-5)


def test_single_class_losses_match_scikit_learn():
    outputs = Single().outputs(RAW)
    losses = Single().row_losses(outputs, CLASSES)
    for at in range(6):
        expected = log_loss(CLASSES[at : at + 1], outputs[at : at + 1], labels=[0, 1, 2])
        assert losses[at] == pytest.approx(expected, rel=1e-5)


def test_by_hand():
    half = np.array([[0.5, 0.25]], np.float32)
    assert Multi().row_losses(half, np.array([[1, 0]])) == pytest.approx(
        [(np.log(2) - np.log(0.75)) / 2]
    )
    assert Soft().row_losses(half, np.array([[0.5, 0.5]])) == pytest.approx([np.log(8) / 2])
    regression = Regression((0.0, 0.0), (1.0, 2.0))
    assert regression.row_losses(half, np.array([[1.5, 4.25]])) == pytest.approx([(1 + 4) / 2])


def test_a_probability_of_0_has_a_large_finite_loss():
    for target, true in ((Single(), np.array([1])), (Multi(), np.array([[0, 1]]))):
        [loss] = target.row_losses(np.array([[1.0, 0.0]], np.float32), true)
        assert 80 < loss * (1 if target is Single() else 2) < 200
