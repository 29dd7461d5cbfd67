import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kbert.linear.choose_strength import STRENGTHS, _folds, choose_strength
from kbert.linear.linear_targets import linear_target

RANDOM = np.random.default_rng(0)


def rows(count, noise, features=20):
    """Rows of two classes, with the given noise in the label."""
    values = RANDOM.normal(size=(count, features))
    label = (values[:, 0] + noise * RANDOM.normal(size=count) > 0).astype(np.int32)
    return values * 3 + 1, label


def test_useless_features_get_a_low_strength_and_decisive_ones_a_high_one():
    single = linear_target("single", 2)
    nothing, everything = rows(400, 1e6), rows(400, 0.0)
    assert choose_strength(single, *nothing, None, seed=0) <= 0.001
    assert choose_strength(single, *everything, None, seed=0) == 0.3


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_it_is_one_below_the_best_of_scikit_learns_cross_validation(noise, monkeypatch):
    """With few rows every fold is held out; scikit-learn is given the same folds here."""
    from kbert.linear import choose_strength as module

    features, labels = rows(100, noise)
    folds = _folds(np.arange(100))
    assert sorted(np.concatenate([kept for kept, _ in folds])) == list(range(100))
    monkeypatch.setattr(module, "permutation", lambda _, size: np.arange(size))

    def lost(strength):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength))
        fitted = ((kept, model.fit(features[of], labels[of])) for kept, of in folds)
        return sum(
            log_loss(labels[kept], one.predict_proba(features[kept]), normalize=False)
            for kept, one in fitted
        )

    found = choose_strength(linear_target("single", 2), features, labels, None, seed=0)
    best = STRENGTHS.index(min(STRENGTHS, key=lost))
    assert found == STRENGTHS[best - 1]


def test_rows_without_weight_do_not_count():
    features, labels = rows(200, 1.0)
    weights = np.repeat([2.0, 0.0], 100)

    def chosen(noise):
        labels[100:] = rows(100, noise)[1]
        return choose_strength(linear_target("single", 2), features, labels, weights, seed=0)

    assert chosen(1e6) == chosen(0.0)


def test_one_fold_is_enough_for_many_rows_and_one_row_has_no_choice():
    assert len(_folds(np.arange(1500))) == 1
    assert len(_folds(np.arange(1000))) == 2
    assert len(_folds(np.arange(3))) == 3
    one = np.ones((1, 3)), np.array([1])
    assert choose_strength(linear_target("single", 2), *one, None, seed=0) == 0.003


def test_very_many_classes_get_a_fixed_strength():
    features = RANDOM.normal(size=(2000, 8))
    labels = np.arange(2000, dtype=np.int32) % 1000
    assert choose_strength(linear_target("single", 1000), features, labels, None, 0) == 0.1


@pytest.mark.parametrize("kind", ["multi", "regression", "soft"])
def test_targets_of_other_kinds(kind):
    """Targets that two features decide are fitted more closely than noise."""
    features = RANDOM.normal(size=(150, 12))

    def chosen(signal):
        numbers = features[:, :2] * signal + RANDOM.normal(size=(150, 2))
        shares = np.exp(numbers) / np.exp(numbers).sum(1, keepdims=True)
        targets = {"multi": (numbers > 0).astype(np.uint8), "regression": numbers, "soft": shares}
        return choose_strength(linear_target(kind, 2), features, targets[kind], None, seed=0)

    assert chosen(10.0) > chosen(0.0)
