"""Weights of rows and of classes, in training and in evaluation."""

import keras
import numpy as np
import pytest

from kbert import (
    Batches,
    ClassLoss,
    EpochEvaluation,
    Examples,
    FindingsError,
    InputError,
    PlanGuard,
    TokenStore,
    TrainingPlan,
)
from kbert.models.evaluate_batches import evaluate_batches

pytestmark = pytest.mark.keras

TEXTS = ["good film", "bad film", "a film", "no film at all"] * 6
IDS = np.array([1, 0, 1, 1] * 6, np.int32)
WEIGHTS = np.array([0.5, 2.0, 0.0, 1.5] * 6, np.float32)


@pytest.fixture
def model(tiny_model):
    model = tiny_model(all_dropout=0.0)
    model.compile("sgd")
    return model


def batches(model, weights=WEIGHTS, order="given", size=8):
    examples = Examples(TEXTS, None, IDS, model.labels, weights=weights)
    store = TokenStore.build(examples, model.tokenizer, 16)
    return Batches(store, size, order=order, examples=examples)


def arrays(model):
    return batches(model, None, size=24)[0][0]


@pytest.mark.any_backend  # only arrays matter
@pytest.mark.parametrize("order", ["given", "length", "shuffled", "packed"])
def test_each_row_has_its_weight(model, order):
    data = batches(model, order=order)
    for index in range(len(data)):
        _, labels, weights = data[index]
        rows = data.rows(index)
        assert (labels == IDS[rows]).all()
        assert (weights == WEIGHTS[rows]).all()


@pytest.mark.any_backend  # only arrays matter
def test_given_weights_replace_those_of_the_store(model):
    store = batches(model).store
    assert (Batches(store, 24, weights=2 * WEIGHTS)[0][2] == 2 * WEIGHTS).all()
    with pytest.raises(InputError, match="weights. must be 24 numbers"):
        Batches(store, 24, weights=WEIGHTS[:3])


@pytest.mark.parametrize("order", ["given", "packed"])
def test_a_step_matches_keras_with_sample_weight(model, tiny_model, order):
    plain = tiny_model(all_dropout=0.0)
    plain.compile("sgd")
    data = batches(model, order=order, size=24)
    model.fit(data, epochs=1, verbose=0)
    plain.fit(arrays(plain), IDS, sample_weight=WEIGHTS, batch_size=24, epochs=1, verbose=0)
    for own, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(own, other, atol=2e-6)


@pytest.mark.any_backend
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_class_weight_of_fit_matches_keras(model, tiny_model, weights):
    by_class = {0: 3.0, 1: 0.5}
    plain = tiny_model(all_dropout=0.0)
    plain.compile("sgd")
    data = batches(model, weights, size=24)
    model.fit(data, epochs=1, verbose=0, class_weight=by_class)
    combined = np.array([by_class[i] for i in IDS], np.float32)
    combined *= 1 if weights is None else weights
    plain.fit(arrays(plain), IDS, sample_weight=combined, batch_size=24, epochs=1, verbose=0)
    for own, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(own, other, atol=2e-6)
    # It applies only to that `fit`.
    assert data.weights is weights or (data.weights == weights).all()


def test_batches_for_a_plan_have_a_mean_weight_of_1(model):
    examples = Examples(TEXTS, None, IDS, model.labels, weights=WEIGHTS)
    plan = TrainingPlan(24, 24, 1, 1e-3)
    weights = model.batches(examples, plan, class_weight="bad=2")[0][2]
    by_hand = WEIGHTS * np.where(IDS == 0, 2, 1)
    np.testing.assert_allclose(np.sort(weights), np.sort(by_hand / by_hand.mean()), rtol=1e-6)
    assert (model.batches(examples, batch_size=24)[0][2] == WEIGHTS).all()


@pytest.mark.any_backend
def test_scores_are_weighted_means(model):
    logits = model.predict(arrays(model), verbose=0)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(24), IDS]
    right = logits.argmax(axis=1) == IDS
    scores = evaluate_batches(model, batches(model))
    assert scores.loss == pytest.approx((losses * WEIGHTS).sum() / WEIGHTS.sum(), rel=1e-5)
    assert scores.accuracy == pytest.approx((right * WEIGHTS).sum() / WEIGHTS.sum())
    evaluation = EpochEvaluation(
        dev=(arrays(model), IDS, WEIGHTS), other=batches(model), restore_best=False
    )
    allow = ("dev-overlap", "too-few-updates")  # the training rows themselves, once
    guard = PlanGuard(TrainingPlan(24, 8, 1, 1e-3), allow=allow)
    model.fit(batches(model), epochs=1, verbose=0, callbacks=[guard, evaluation])
    dev, other = evaluation.history.last.scores.values()
    assert dev.weighted
    assert dev.loss == pytest.approx(other.loss, rel=1e-5)
    assert dev.accuracy == other.accuracy


def test_the_loss_of_any_keras_model_is_a_weighted_mean():
    rows = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    evaluation = EpochEvaluation(dev=(rows, IDS, 10 * WEIGHTS), restore_best=False)
    model.fit(rows, IDS, epochs=1, verbose=0, callbacks=[evaluation])
    shares = model.predict(rows, verbose=0)[np.arange(24), IDS]
    expected = np.average(-np.log(shares), weights=WEIGHTS)
    assert evaluation.history.last.scores["dev"].loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.any_backend  # refused before the first step
def test_labels_outside_the_classes_are_refused_with_any_loss(model):
    model.compile("sgd", loss=ClassLoss("focal"))
    data = batches(model, None)
    data.store.labels = np.where(IDS == 1, 2, 0)
    with pytest.raises(FindingsError, match="training labels are not whole numbers"):
        model.fit(data, verbose=0)
