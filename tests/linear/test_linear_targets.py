"""Linear models of targets other than one class, against plain scikit-learn."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import log_softmax, logit
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier

from kbert.linear.linear_targets import linear_target

RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(80, 4))
NOISE = RANDOM.normal(size=(80, 3))
LABELS = ((FEATURES[:, :3] + NOISE) > 0.5).astype(np.uint8)
NUMBERS = FEATURES[:, :2] @ np.array([[2.0, 100], [0, 50]]) + NOISE[:, :2] * (1, 30) + (3, 1000)
WEIGHTS = RANDOM.uniform(0.5, 2, 80)


@pytest.mark.parametrize("sparse", [False, True])
def test_several_labels_are_one_against_the_rest(sparse):
    features = csr_array(FEATURES) if sparse else FEATURES
    found = linear_target("multi", 3).fit(features, LABELS, None, 0.5).outputs(features)
    own = OneVsRestClassifier(LogisticRegression(C=0.5)).fit(FEATURES, LABELS)
    np.testing.assert_allclose(found, logit(own.predict_proba(FEATURES)), rtol=0, atol=1e-8)


def test_a_label_that_no_row_or_every_row_has():
    labels = LABELS.copy()
    labels[:, 1], labels[:, 2] = 0, 1
    target = linear_target("multi", 3)
    found = target.fit(FEATURES, labels, WEIGHTS, 0.5).outputs(FEATURES)
    own = LogisticRegression(C=0.5).fit(FEATURES, labels[:, 0], sample_weight=WEIGHTS)
    np.testing.assert_allclose(found[:, 0], own.decision_function(FEATURES), rtol=0, atol=1e-8)
    # Half a row against the 80 rows, whose weights are WEIGHTS.
    total = WEIGHTS.sum()
    np.testing.assert_allclose(found[:, 1], np.log(0.5 / total))
    np.testing.assert_allclose(found[:, 2], np.log(total / 0.5))


def test_the_constant_of_several_labels_is_their_share():
    found = linear_target("multi", 3).constant(LABELS, None)
    np.testing.assert_allclose(found, logit(LABELS.mean(axis=0)))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_numbers_are_a_ridge_regression_in_their_own_unit(sparse, weights):
    features = csr_array(FEATURES) if sparse else FEATURES
    target = linear_target("regression", 2)
    found = target.fit(features, NUMBERS.astype(np.float32), weights, 2.0).outputs(features)
    mean = np.average(NUMBERS, axis=0, weights=weights)
    scale = np.sqrt(np.average((NUMBERS - mean) ** 2, axis=0, weights=weights))
    own = Ridge(alpha=5.0).fit(FEATURES, (NUMBERS - mean) / scale, sample_weight=weights)
    expected = own.predict(FEATURES) * scale + mean
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    np.testing.assert_allclose(target.constant(NUMBERS, weights), mean)


def test_the_unit_of_a_number_makes_no_difference():
    target = linear_target("regression", 1)
    metres = target.fit(FEATURES, NUMBERS[:, :1], None, 2.0).outputs(FEATURES)
    feet = target.fit(FEATURES, NUMBERS[:, :1] * 3.28 + 7, None, 2.0).outputs(FEATURES)
    np.testing.assert_allclose(feet, metres * 3.28 + 7)


@pytest.mark.parametrize("features", [FEATURES, FEATURES[:, :0]])
def test_a_number_that_does_not_vary(features):
    found = linear_target("regression", 1).fit(features, np.full((80, 1), 3.5), None, 2.0)
    np.testing.assert_allclose(found.outputs(features), 3.5)


def test_probabilities_count_as_rows_of_each_class():
    counts = RANDOM.multinomial(4, [0.5, 0.3, 0.2], size=80)
    found = linear_target("soft", 3).fit(FEATURES, counts / 4, None, 2.0).outputs(FEATURES)
    # As if each of four annotators' answers were a row that counts a quarter.
    rows = np.repeat(np.arange(80), 4)
    answers = np.concatenate([np.repeat(np.arange(3), row) for row in counts])
    own = LogisticRegression(C=0.5).fit(FEATURES[rows], answers)
    np.testing.assert_allclose(
        log_softmax(found, axis=1), own.predict_log_proba(FEATURES), rtol=0, atol=1e-3
    )


def test_certain_probabilities_equal_classes():
    ids = LABELS[:, 0].astype(int) + LABELS[:, 1]
    sure = np.eye(3)[ids]
    soft = linear_target("soft", 3).fit(FEATURES, sure, WEIGHTS, 2.0).outputs(FEATURES)
    single = linear_target("single", 3).fit(FEATURES, ids, WEIGHTS, 2.0).outputs(FEATURES)
    np.testing.assert_allclose(soft, single, rtol=0, atol=1e-10)


def test_only_the_likeliest_of_many_classes_count():
    target = linear_target("soft", 30)
    assert target.copies == 8
    shares = RANDOM.dirichlet(np.ones(30) * 0.1, 80)
    assert np.isfinite(target.fit(FEATURES, shares, None, 1.0).outputs(FEATURES)).all()
    weighed = (shares * WEIGHTS[:, None]).sum(axis=0)
    np.testing.assert_allclose(target.constant(shares, WEIGHTS), np.log(weighed / weighed.sum()))


def test_losses_are_those_of_scikit_learn():
    from sklearn.metrics import log_loss, mean_squared_error

    outputs = RANDOM.normal(size=(80, 3))
    classes = LABELS.argmax(axis=1)
    found = linear_target("single", 3).losses(outputs, classes)
    assert found.sum() == pytest.approx(
        log_loss(classes, np.exp(log_softmax(outputs, axis=1)), normalize=False)
    )
    sure = linear_target("soft", 3).losses(outputs, np.eye(3)[classes])
    np.testing.assert_allclose(sure, found)
    found = linear_target("multi", 3).losses(outputs, LABELS)
    shares = 1 / (1 + np.exp(-outputs))
    each = [log_loss(LABELS[:, n], shares[:, n], normalize=False) for n in range(3)]
    assert found.sum() == pytest.approx(sum(each) / 3)
    scale = NUMBERS.std(axis=0)
    found = linear_target("regression", 2).losses(NUMBERS * 0.9, NUMBERS)
    assert found.mean() == pytest.approx(mean_squared_error(NUMBERS / scale, NUMBERS * 0.9 / scale))
