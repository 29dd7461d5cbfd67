"""The labels of batches in every form that `fit` takes, and a model that predicts one class."""

import copy
import re

import keras
import numpy as np
import pytest

import kbert.data.epoch_layouts
from kbert import Batches, Examples, KbertError, Labels, Tokenizer, TokenStore
from kbert.callbacks.watches.label_watch import LabelWatch
from tests.callbacks.two_classes import BY_CLASS, Rows, X, Y

pytestmark = pytest.mark.keras


def model_of(units=2, activation=None, loss=None):
    layer = keras.layers.Dense(units, activation)
    model = keras.Sequential([keras.Input((4,)), layer])
    if loss is None:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    layer.kernel.assign(np.tile([[-1.0, 1.0]], (4, 1))[:, -units:])  # predicts Y
    return model


def says_zero(**settings):
    model = model_of(**settings)
    model.layers[-1].bias.assign([50.0, -50.0][-model.layers[-1].bias.shape[0] :])
    return model


def codes(findings):
    return [finding.code for finding in findings]


def tf_dataset(order):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((X[order], Y[order])).batch(8)


KINDS = pytest.mark.parametrize(
    "kind",
    [
        pytest.param(lambda order: (X[order], Y[order]), id="arrays"),
        pytest.param(lambda order: (X[order], Y[order], np.ones(len(order))), id="weights"),
        pytest.param(lambda order: (X[order], np.eye(2)[Y[order]]), id="one-hot"),
        pytest.param(lambda order: (X[order], Y[order] * 2 - 1), id="minus-one"),
        pytest.param(Rows, id="dataset"),
        pytest.param(tf_dataset, id="tf-data"),
    ],
)


@KINDS
def test_single_class_batches_are_reported(kind):
    """Of 12 batches of 8 rows sorted by class, only the one where the classes meet has both."""
    assert Y.sum() % 8
    (finding,) = LabelWatch(kind(BY_CLASS), 8).findings()
    assert (finding.code, finding.severity) == ("single-class-batches", "warning")
    # 11 of 12; by chance p ** 8 + (1 - p) ** 8.
    assert finding.values["share"] == pytest.approx(11 / 12)
    p = Y.mean()
    assert finding.values["chance"] == pytest.approx(p**8 + (1 - p) ** 8)
    assert finding.message.startswith("92% of the batches hold a single class; in random order ")


@KINDS
def test_mixed_batches_are_not_reported(kind):
    assert LabelWatch(kind(np.arange(96)), 8).findings() == []


def test_first_batches_of_the_same_class_are_reported():
    """Only the first 20 batches are read, which happen to be all of one class."""
    order = np.concatenate([np.repeat(BY_CLASS[:40], 5), np.repeat(BY_CLASS[-40:], 5)])
    for data in (Rows(order), (X[order], Y[order])):
        (finding,) = LabelWatch(data, 8).findings()
        assert finding.code == "single-class-batches"
        assert finding.message == "The first 20 batches all hold the same class."
    assert LabelWatch((X[:8], np.zeros(8, int)), 8).findings() == []  # a single batch


@KINDS
def test_a_model_that_predicts_one_class_is_reported(kind):
    watch = LabelWatch(kind(np.arange(96)), 8)
    assert watch.judge(model_of()) == []
    (finding,) = watch.judge(says_zero())
    assert (finding.code, finding.severity) == ("one-class-predicted", "warning")
    assert finding.message == (
        "The model predicts 0 for all 8 rows of a training batch with 2 classes."
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"units": 1, "activation": "sigmoid", "loss": "binary_crossentropy"},
        {"units": 2, "activation": "softmax", "loss": "sparse_categorical_crossentropy"},
    ],
    ids=["sigmoid", "softmax"],
)
def test_probabilities_are_judged_too(settings):
    watch = LabelWatch((X, Y), 8)
    assert watch.judge(model_of(**settings)) == []
    assert codes(watch.judge(says_zero(**settings))) == ["one-class-predicted"]


@pytest.mark.parametrize(
    "labels",
    [np.zeros(16, int), np.arange(16) == 15, np.arange(7) % 2],
    ids=["one-class", "nearly-one", "few-rows"],
)
def test_an_uninformative_batch_is_not_judged(labels):
    rows = len(labels)
    assert LabelWatch((X[:rows], labels.astype(int)), 16).judge(says_zero()) == []


def test_nine_of_ten_rows_of_one_class_are_still_judged():
    labels = (np.arange(10) == 9).astype(int)
    assert len(LabelWatch((X[:10], labels), 10).judge(says_zero())) == 1


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (Y - 1, "labels are not whole numbers from 0 to 1, .*: -1 in row"),
        (Y + 1, ": 2 in row"),
        (Y + 0.5, "^96 of 96 training labels"),
        (np.where(Y == 1, np.nan, 0.0), ": nan in row"),
        ((Y + 1)[:, None], ": 2 in row"),
        ({"out": Y - 1}, "of 96 training labels"),
        ([Y - 1], "of 96 training labels"),
        ((Y - 1).tolist(), "of 96 training labels"),
        (np.append(np.tile(Y, 2)[:191], 2), "^1 of 192 training labels .*: 2 in row 191"),
    ],
    ids=[
        *("minus-one", "from-one", "fractions", "nan", "column"),
        *("by-name", "of-one-output", "list", "after-the-batches-that-are-read"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
def test_labels_outside_the_classes_are_reported(labels, message):
    rows = 192 if len(labels) == 192 else 96
    (finding,) = LabelWatch((np.tile(X, (2, 1))[:rows], labels), 8).outside(model_of())
    assert (finding.code, finding.severity) == ("labels-outside", "error")
    assert re.search(message, finding.message)


def test_data_set_labels_outside_the_classes_are_reported():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((X, Y + 1)).batch(8)
    (finding,) = LabelWatch(data, 8).outside(model_of())
    assert "training labels are not whole numbers" in finding.message


def test_valid_labels_and_those_of_other_losses_are_not_reported():
    sigmoid = model_of(1, "sigmoid", "binary_crossentropy")
    for labels in (Y, Y * 0.9 + 0.05, Y.astype(bool)[:, None]):
        assert LabelWatch((X, labels), 8).outside(sigmoid) == []
    assert codes(LabelWatch((X, Y * 2 - 1), 8).outside(sigmoid)) == ["labels-outside"]
    assert LabelWatch((X, Y * 7.5), 8).outside(model_of(1, None, "mse")) == []
    assert LabelWatch((X, Y), 8).outside(model_of()) == []


@pytest.mark.parametrize("data", [(X, [Y, Y]), (X, None), (X, Y.astype(str))])
def test_labels_of_another_form_are_not_watched(data):
    watch = LabelWatch(data, 8)
    model = says_zero()
    assert [*watch.outside(model), *watch.findings(), *watch.judge(model)] == []


def test_a_data_set_without_batches_or_labels_is_not_watched():
    import tensorflow as tf

    sets, model = tf.data.Dataset, says_zero()
    for data in (sets.from_tensor_slices(X).batch(8), sets.from_tensor_slices((X, Y))):
        watch = LabelWatch(data, 8)
        assert [*watch.outside(model), *watch.findings(), *watch.judge(model)] == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([X, Y], r"`data` must be Batches, .* Received: list. Cure: PlanGuard\(plan, data=\(x"),
        ((X,), "Received: tuple"),
        ("train.csv", "Received: str"),
        (Examples(["a"]), r"Received: Examples. Cure: PlanGuard\(plan, data=model.batches\("),
        ((X, Y[:5]), "as many labels as rows. Received: 5 labels, and 96 rows"),
        ((X.tolist(), Y), r"must be arrays, or texts. Received: list. Cure: numpy.asarray\(x\)"),
    ],
    ids=["list", "inputs", "path", "examples", "rows", "lists"],
)
def test_data_that_fit_does_not_take_is_refused(data, message):
    with pytest.raises(KbertError, match=message):
        LabelWatch(data, 8)


@pytest.fixture(scope="module")
def store():
    """A store of 48 texts, sorted by class."""
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"])
    labels = Labels(("bad", "good"))
    label_ids = np.repeat([0, 1], 24).astype(np.int32)
    examples = Examples(["a b"] * 48, label_ids=label_ids, labels=labels)
    return TokenStore.build(examples, tokenizer, 8)


def test_all_labels_of_batches_are_known(store):
    (finding,) = LabelWatch(Batches(store, 8), 8).findings()
    assert finding.values["share"] == 1.0
    assert LabelWatch(Batches(store, 8, order="shuffled"), 8).findings() == []


def test_very_many_batches_are_sampled(store, monkeypatch):
    monkeypatch.setattr(kbert.data.epoch_layouts, "_SAMPLE", 5)
    batches = Batches(store, 4, order="shuffled")
    batches.order_version = 2
    asked, rows = set(), batches.rows
    monkeypatch.setattr(batches, "rows", lambda index: asked.add(index) or rows(index))
    assert LabelWatch(batches, 4).findings() == []
    assert asked == set(batches.sample()) == {0, 3, 6, 9}


def test_batches_without_labels_are_not_watched(store):
    bare = copy.copy(store)
    bare.labels = None
    watch = LabelWatch(Batches(bare, 8), 8)
    assert [*watch.findings(), *watch.outside(model_of()), *watch.judge(None)] == []


def test_huge_class_numbers_take_no_memory(store):
    large = copy.copy(store)
    large.labels = np.where(store.labels == 0, 0, 2**31 - 1).astype(np.int32)
    watch = LabelWatch(Batches(large, 16), 16)
    inputs = [keras.Input((None,), dtype="int32", name=name) for name in Batches(large, 16)[0][0]]
    hidden = keras.layers.Embedding(6, 2)(inputs[0])
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling1D()(hidden))
    model = keras.Model({each.name: each for each in inputs}, outputs)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    (finding,) = watch.outside(model)
    assert "24 of 48 training labels" in finding.message
    assert ": 2147483647 in row 24." in finding.message
