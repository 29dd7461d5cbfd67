import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from kbert.linear.single_label import SingleLabel

RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(60, 4))


def labels(classes):
    return (FEATURES[:, 0] * 2 + RANDOM.normal(size=60)).round().astype(int) % classes


@pytest.mark.parametrize("classes", [2, 3])
def test_the_probabilities_are_scikit_learns(classes):
    ids, weights = labels(classes), RANDOM.uniform(0.5, 2, 60)
    target = SingleLabel(classes)
    found = target.fit(FEATURES, ids, weights, 0.5).outputs(FEATURES)
    model = LogisticRegression(C=0.5).fit(FEATURES, ids, sample_weight=weights)
    np.testing.assert_allclose(
        log_softmax(found, axis=1), model.predict_log_proba(FEATURES), rtol=0, atol=1e-10
    )


def test_a_weight_of_two_is_a_row_twice():
    ids, weights = labels(2), np.where(np.arange(60) % 3, 1, 2)
    target = SingleLabel(2)
    by_weight = target.fit(FEATURES, ids, weights, 1.0).outputs(FEATURES)
    twice = np.repeat(np.arange(60), weights)
    by_rows = target.fit(FEATURES[twice], ids[twice], None, 1.0).outputs(FEATURES)
    np.testing.assert_allclose(by_weight, by_rows, rtol=0, atol=1e-3)


def test_the_constant_is_the_share_of_each_class():
    target = SingleLabel(3)
    found = target.constant(np.array([0, 0, 0, 1]), None)
    # The third class has no row, and counts as half a row: 3, 1 and 0.5 of 4.5.
    np.testing.assert_allclose(np.exp(found), [3 / 4.5, 1 / 4.5, 0.5 / 4.5])
    weighed = target.constant(np.array([0, 1, 2]), np.array([1.0, 3.0, 4.0]))
    np.testing.assert_allclose(np.exp(weighed), [1 / 8, 3 / 8, 4 / 8])


def test_a_class_without_rows_is_unlikely_but_possible():
    ids = labels(2) * 2  # 0 and 2
    outputs = SingleLabel(3).fit(FEATURES, ids, None, 1.0).outputs(FEATURES)
    shares = np.exp(log_softmax(outputs, axis=1))
    assert np.isfinite(outputs).all()
    assert 0 < shares[:, 1].max() < 0.1
    assert set(outputs.argmax(axis=1)) == {0, 2}


@pytest.mark.parametrize(
    ("features", "ids", "weights"),
    [
        (FEATURES[:, :0], labels(2), None),
        (FEATURES, np.zeros(60, int), None),
        (FEATURES, labels(2), (labels(2) == 1).astype(float)),
    ],
    ids=["no feature", "one class", "one class that counts"],
)
def test_the_constant_is_used_if_there_is_nothing_to_learn(features, ids, weights):
    target = SingleLabel(2)
    if weights is not None:
        weights = (ids == 1).astype(float)
    outputs = target.fit(features, ids, weights, 1.0).outputs(features)
    np.testing.assert_allclose(outputs, np.tile(target.constant(ids, weights), (60, 1)))
