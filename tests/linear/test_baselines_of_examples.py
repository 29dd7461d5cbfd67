import keras
import numpy as np
import pytest
from keras import ops
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from kbert import (
    Examples,
    InputError,
    TrainingPlan,
    baselines,
    create_optimizer,
    read_examples,
)
from kbert.backend.random_states import capture_random_states

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def sets(reviews):
    return read_examples(reviews).split(dev=0.3, seed=0)


def random_states():
    """Numbers that the global generators would draw next, without drawing them."""
    python = __import__("random").getstate()
    numbers = np.random.get_state()[1].copy()
    return python, numbers.tolist(), {k: v.tolist() for k, v in capture_random_states().items()}


@pytest.mark.any_backend
def test_all_baselines_and_that_the_model_stays_unchanged(tiny_model, sets):
    train, dev = sets
    trained = []
    for choice in (None, "both"):
        model = tiny_model(all_dropout=0.3, max_length=24)
        plan = TrainingPlan(examples=len(train), batch_size=16, epochs=1, learning_rate=1e-3)
        model.compile(optimizer=create_optimizer(plan), metrics=["accuracy"])
        if choice is not None:
            states = random_states()
            found = baselines(train, dev, model, choice)
            assert random_states() == states
        model.fit(model.batches(train, plan), epochs=1, verbose=0)
        trained.append([ops.convert_to_numpy(w.value) for w in model.weights])
        trained[-1] += [keras.random.uniform((2,)), np.random.random(2)]
        np.random.seed(0)
    for one, other in zip(*trained, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    assert [one.name for one in found.found] == ["constant", "tfidf", "encoder"]
    assert found.notes == ()
    majority = max(dev.class_counts().values()) / len(dev)
    assert found["constant"].score("accuracy") == pytest.approx(majority)
    assert found["encoder"].evaluation.rows == len(dev)
    assert str(found).startswith(f"What fine-tuning has to beat, on dev ({len(dev)} rows):\n")


@pytest.mark.any_backend
def test_tf_idf_scores_match_scikit_learn(tiny_model, real_reviews):
    train, dev = read_examples(real_reviews).split(dev=0.3, seed=0)
    model = tiny_model(max_length=64)
    features = TfidfVectorizer(
        tokenizer=model.tokenizer.tokenize,
        token_pattern=None,
        lowercase=False,
        ngram_range=(1, 2),
        min_df=2,
        sublinear_tf=True,
    )
    own = make_pipeline(features, LogisticRegression(C=10)).fit(train.texts, train.label_ids)
    found = baselines(train, dev, model, "tfidf")["tfidf"].evaluation
    assert found.accuracy == pytest.approx(own.score(dev.texts, dev.label_ids))
    assert found.loss == pytest.approx(
        log_loss(dev.label_ids, own.predict_proba(dev.texts)), rel=1e-3
    )
    assert found.accuracy > 0.5


@pytest.mark.any_backend
def test_scores_repeat_and_only_the_chosen_baseline_is_fitted(tiny_model, sets):
    model = tiny_model(max_length=24)
    one, other = (baselines(*sets, model, "tfidf", class_weight="balanced") for _ in range(2))
    assert one["tfidf"].evaluation == other["tfidf"].evaluation
    assert [found.name for found in one.found] == ["constant", "tfidf"]


@pytest.mark.any_backend
def test_rows_without_weight_and_classes_with_more_weight(tiny_model, sets):
    train, dev = sets
    model = tiny_model(max_length=24)
    heavy = baselines(train, dev, model, "tfidf", class_weight={"good": 50})["tfidf"].evaluation
    good = next(one for one in heavy.classes if one.label == "good")
    assert good.recall > 0.9
    weights = (dev.label_ids == dev.labels.ids["bad"]).astype(float)
    only_bad = Examples(dev.texts, None, dev.label_ids, dev.labels, weights=weights)
    found = baselines(train, only_bad, model, "tfidf")
    assert found["tfidf"].evaluation.weighted
    assert found["tfidf"].score("accuracy") == pytest.approx(
        next(one for one in found["tfidf"].evaluation.classes if one.label == "bad").recall
    )


@pytest.mark.any_backend
def test_texts_without_labels_are_refused(tiny_model, sets):
    with pytest.raises(InputError, match="memory has no labelled rows"):
        baselines(sets[0], Examples(["A joy."]), tiny_model(), "tfidf")


@pytest.mark.any_backend
@pytest.mark.parametrize("kind", ["multi", "regression", "soft"])
def test_other_targets(kind, tiny_model, real_reviews):
    single = read_examples(real_reviews)
    good = single.label_ids.astype(float)
    columns = {"text": list(single.texts), "good": good, "bad": 1 - good}
    train, dev = read_examples(columns, target=kind, label=["good", "bad"]).split(dev=0.3)
    target = train.target.fitted(train.y)
    model = tiny_model(labels=train.labels.names, max_length=64, target=target)
    found = baselines(train, dev, model, "tfidf")
    assert found.notes == ()
    constant, tfidf = found.found
    monitor = {"multi": "roc_auc", "regression": "spearman", "soft": "accuracy"}[kind]
    assert tfidf.score(monitor) > constant.score(monitor)
    if kind == "regression":
        # The loss of the standardized numbers, which vary around the mean of the training rows.
        expected = ((dev.y - train.y.mean(axis=0)) / train.y.std(axis=0)) ** 2
        assert constant.evaluation.loss == pytest.approx(expected.mean(), rel=1e-4)
