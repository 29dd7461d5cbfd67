import numpy as np
import pytest
from keras import ops
from sklearn.linear_model import LogisticRegression

from kbert import Examples, InputError, Labels, TrainingPlan, fit_linear_head
from kbert.targets.regression import Regression

pytestmark = pytest.mark.keras


def examples_of(sentences, count=64, classes=2):
    texts, labels = sentences[0][:count], np.arange(count, dtype=np.int32) % classes
    return Examples(texts, label_ids=labels)


def vectors_of(model, examples):
    """The inputs of the head for each row, from Keras's own functional graph."""
    import keras

    dropped = model.get_layer("classifier_dropout")
    graph = keras.Model(model.input, dropped.input)
    batches = model.batches(examples, batch_size=len(examples))
    return ops.convert_to_numpy(graph.predict(batches[0][0], verbose=0)).astype(np.float64)


@pytest.mark.any_backend
@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_head_is_a_logistic_regression_of_its_inputs(tiny_model, sentences, pooling, classes):
    names = ["a", "b", "c"][:classes]
    model = tiny_model(layers=2, max_length=24, labels=names, pooling=pooling)
    examples = examples_of(sentences, classes=classes)
    assert fit_linear_head(model, model.batches(examples), strength=0.5) is model
    vectors = vectors_of(model, examples)
    spread = vectors.std(axis=0)
    features = (vectors - vectors.mean(axis=0)) / spread
    known = LogisticRegression(C=0.5, max_iter=1000).fit(features, examples.y)
    found = model.predict_proba(list(examples.texts))
    np.testing.assert_allclose(found, known.predict_proba(features), atol=2e-3)


def test_numbers_are_predicted_in_their_own_unit(tiny_model, sentences):
    """Its outputs are those of a ridge regression, whatever scale the model has for them."""
    values = np.linspace(100, 900, 40).reshape(-1, 1)
    target = Regression(scale=(250.0,), mean=(500.0,))
    examples = Examples(sentences[0][:40], targets=values, labels=Labels(["price"]), target=target)
    model = tiny_model(layers=2, max_length=24, labels=["price"], target=target)
    fit_linear_head(model, model.batches(examples), strength=1.0)
    found = model.predict(model.batches(examples), verbose=0)
    assert found.mean() == pytest.approx(500, abs=30)
    assert np.corrcoef(found[:, 0], values[:, 0])[0, 1] > 0.5


def test_a_class_without_rows_and_rows_without_weight(tiny_model, sentences):
    model = tiny_model(layers=1, max_length=24, labels=["a", "b", "never"])
    examples = examples_of(sentences)
    weights = np.where(np.arange(64) < 32, 1.0, 0.0).astype(np.float32)
    batches = model.batches(examples)
    batches.weights = weights
    fit_linear_head(model, batches)
    kernel = ops.convert_to_numpy(model.get_layer("logits").kernel)
    assert (kernel[:, 2] == 0).all()
    assert np.isfinite(kernel).all()


def test_the_encoder_and_random_numbers_are_unchanged(tiny_model, sentences):
    import keras

    model = tiny_model(layers=2, max_length=24)
    before = {v.path: ops.convert_to_numpy(v.value).copy() for v in model.weights}
    keras.utils.set_random_seed(0)
    first = ops.convert_to_numpy(keras.random.uniform((3,)))
    keras.utils.set_random_seed(0)
    fit_linear_head(model, model.batches(examples_of(sentences)))
    assert (ops.convert_to_numpy(keras.random.uniform((3,))) == first).all()
    after = {v.path: ops.convert_to_numpy(v.value) for v in model.weights}
    changed = {path for path in before if (before[path] != after[path]).any()}
    assert changed == {"logits/kernel", "logits/bias"}


def test_rows_are_classified_before_training(tiny_model, sentences):
    """Rows that differ by a word are classified before the first update."""
    texts = [f"{text} good" if n % 2 else f"{text} bad" for n, text in enumerate(sentences[0][:60])]
    examples = Examples(texts, label_ids=np.arange(60, dtype=np.int32) % 2)
    model = tiny_model(layers=2, max_length=32)
    plan = TrainingPlan(examples=60, batch_size=12, epochs=1)
    batches = model.batches(examples, plan)
    fit_linear_head(model, batches, strength=10.0)
    model.compile(optimizer="adam", metrics=["accuracy"])
    assert model.evaluate(batches, verbose=0, return_dict=True)["accuracy"] > 0.9


def test_batches_without_labels_are_refused(tiny_model, sentences):
    model = tiny_model(layers=1, max_length=24)
    with pytest.raises(InputError, match="`batches` has no labels to fit the head to"):
        fit_linear_head(model, model.batches(Examples(sentences[0][:8])))


def test_a_strength_of_zero_is_refused():
    with pytest.raises(InputError, match="`strength` must be above 0. Received: 0"):
        fit_linear_head(None, None, strength=0)
