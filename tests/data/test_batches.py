import hashlib

import keras
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import Batches, Examples, KbertError, Labels, Tokenizer, TokenStore, TrainingPlan
from kbert.data import epoch_order
from kbert.data.segment import Segment
from kbert.data.token_memory import TokenMemory

pytestmark = pytest.mark.keras

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"]
ORDERS = ["given", "length", "shuffled"]


def store_of(lengths, labels=None):
    """A store of rows of these lengths; all ids of row r are r + 10, to tell the rows apart."""
    columns = {
        "token_ids": pa.array(
            [[row + 10] * n for row, n in enumerate(lengths)], pa.list_(pa.int32())
        ),
        "first_length": pa.array([n - n // 3 for n in lengths], pa.int32()),
        "label": pa.array(labels or [-1] * len(lengths), pa.int32()),
    }
    return TokenStore(TokenMemory(pa.table(columns).to_batches()), 64)


def widths_of(batches):
    return [batches.width(i) for i in range(len(batches))]


def rows_of(batches):
    return [batches.rows(i).tolist() for i in range(len(batches))]


def test_batches_of_any_shape_have_the_width_of_their_longest_row():
    batches = Batches(store_of([3, 11, 9, 5, 20]), 2, order="length", few_shapes=False)
    assert rows_of(batches) == [[4, 1], [2, 3], [0]]
    assert widths_of(batches)[:2] == [20, 9]
    assert batches[1][0]["padding_mask"].shape == (2, 9)


def test_arrays_of_a_batch():
    examples = Examples(
        ["a", "a b a"], ["b b", "b"], np.array([1, 0], np.int32), Labels(("no", "yes"))
    )
    store = TokenStore.build(examples, Tokenizer(PIECES), 16)
    inputs, labels = Batches(store, 2)[0]
    assert list(inputs) == ["token_ids", "segment_ids", "padding_mask"]
    assert {array.dtype for array in (*inputs.values(), labels)} == {np.dtype("int32")}
    assert inputs["token_ids"].tolist() == [[2, 4, 3, 5, 5, 3, 0, 0], [2, 4, 5, 4, 3, 5, 3, 0]]
    assert inputs["segment_ids"].tolist() == [[0, 0, 0, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1, 1, 0]]
    assert inputs["padding_mask"].tolist() == [[1] * 6 + [0] * 2, [1] * 7 + [0]]
    assert labels.tolist() == [1, 0]


def test_pads_with_the_given_id_and_gives_no_labels_if_it_has_none():
    (inputs,) = Batches(store_of([3]), 2, pad_id=7)[0]
    assert inputs["token_ids"].tolist() == [[10, 10, 10, 7, 7, 7, 7, 7]]


LENGTHS = st.lists(st.integers(3, 60), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(LENGTHS, st.integers(1, 9), st.sampled_from(ORDERS), st.integers(0, 3), st.integers(0, 5))
def test_every_row_is_in_one_wide_enough_batch_per_epoch(lengths, size, order, seed, epoch):
    batches = Batches(store_of(lengths), size, order=order, seed=seed, epoch=epoch)
    assert len(batches) == -(-len(lengths) // size)
    assert sorted(batches.row_order()) == list(range(len(lengths)))
    for index in range(len(batches)):
        rows = batches.rows(index)
        (inputs,) = batches[index]
        assert inputs["padding_mask"].sum(axis=1).tolist() == [lengths[row] for row in rows]
        assert inputs["token_ids"][:, 0].tolist() == [row + 10 for row in rows]


@settings(max_examples=300, deadline=None)
@given(LENGTHS, st.integers(1, 9), st.sampled_from(ORDERS), st.integers(0, 5), st.booleans())
def test_first_two_batches_before_an_epoch_show_that_widths_vary(lengths, size, order, epoch, drop):
    # Keras's TensorFlow adapter takes the shape of all batches of all epochs from these two.
    if drop and len(lengths) < size:
        return
    batches = Batches(store_of(lengths), size, order=order, epoch=epoch, drop_remainder=drop)
    assert len(batches.widths) <= 8
    shown = [batches[i][0]["token_ids"].shape[1] for i in range(min(2, len(batches)))]
    assert len(shown) == 1 or len(batches.widths) == 1 or shown[0] != shown[1]
    batches.on_epoch_begin()
    assert [batches[i][0]["token_ids"].shape[1] for i in range(len(batches))] == widths_of(batches)


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [([3, 3, 30], [8, 8, 32]), ([30, 3, 30], [32, 8, 32]), ([9, 9, 9], [16, 16, 16])],
    ids=str,
)
def test_given_order_keeps_the_rows_in_place(lengths, expected):
    batches = Batches(store_of(lengths), 1)
    assert rows_of(batches) == [[0], [1], [2]]
    assert widths_of(batches) == expected


@pytest.mark.parametrize("order", ["length", "shuffled"])
def test_widest_batch_comes_first(order):
    batches = Batches(store_of([3, 4, 5, 30, 31, 32, 12, 13, 14] * 4), 3, order=order)
    assert widths_of(batches)[0] == 32


def test_drop_remainder_leaves_out_different_rows_each_epoch():
    batches = Batches(store_of([5] * 10), 4, order="shuffled", drop_remainder=True)
    left = set()
    for epoch in range(20):
        batches.epoch = epoch
        assert [len(rows) for rows in rows_of(batches)] == [4, 4]
        left |= set(range(10)) - set(batches.row_order().tolist())
    assert left == set(range(10))


def test_epochs_differ_and_can_be_repeated():
    batches = Batches(store_of([3 + row % 20 for row in range(40)]), 4, order="shuffled", seed=1)
    first = rows_of(batches)
    batches.epoch = 1
    second = rows_of(batches)
    assert first != second
    batches.epoch = 0
    assert rows_of(batches) == first
    assert rows_of(Batches(batches.store, 4, order="shuffled", seed=2)) != first


def test_passes_take_the_next_epoch_unless_it_was_set():
    batches = Batches(store_of([3] * 12), 4, order="shuffled", epoch=2)
    seen = []
    for epoch in (None, None, None, 8, None):
        if epoch is not None:
            batches.epoch = epoch
        batches.on_epoch_begin()
        seen.append(batches.epoch)
        assert len([batches[index] for index in range(len(batches))]) == 3
        batches.on_epoch_end()
    assert seen == [2, 3, 4, 8, 9]


def test_same_batches_on_every_backend():
    # A digest, because no other backend can run in this process.
    lengths = [3 + row * row % 50 for row in range(97)]
    batches = Batches(store_of(lengths), 4, order="shuffled", seed=3, epoch=2)
    digest = hashlib.sha256()
    for index in range(len(batches)):
        for array in batches[index][0].values():
            digest.update(array.astype("<i4").tobytes())
    assert digest.hexdigest()[:16] == "02a5f564c78ec3ab"


@pytest.mark.parametrize("order", ["shuffled", "packed"])
def test_the_order_of_very_many_rows(order, monkeypatch):
    monkeypatch.setattr(epoch_order, "MAX_ROWS_AT_ONCE", 99)
    lengths = [3 + row % 40 for row in range(100)]
    batches = Batches(store_of(lengths), 4, order=order, seed=1)
    assert batches.order_version == 2
    found = []
    for _ in range(2):
        batches.on_epoch_begin()
        found.append(rows_of(batches))
        assert sorted(batches.row_order()) == list(range(100))
        shapes = {batches[index][0]["token_ids"].shape[1] for index in range(len(batches))}
        assert shapes == set(widths_of(batches))
        batches.on_epoch_end()
    assert found[0] != found[1]
    batches.order_version = 1
    assert rows_of(batches) not in found
    batches.order_version = 2
    assert rows_of(batches) == found[1]
    batches.resume_at(0, [Segment(2, 10)])
    assert batches.first == 5


def test_orders_without_chance_have_one_version(monkeypatch):
    monkeypatch.setattr(epoch_order, "MAX_ROWS_AT_ONCE", 2)
    batches = Batches(store_of([3, 4, 5]), 2)
    batches.order_version = 2
    assert batches.order_version == 1
    with pytest.raises(KbertError, match="order_version must be 1 or 2. Received: 3"):
        batches.order_version = 3


def test_very_many_batches_are_judged_by_a_sample():
    lengths = np.random.default_rng(0).integers(3, 64, 20_000).tolist()
    batches = Batches(store_of(lengths), 4, order="shuffled")
    assert batches.sample() == range(5000)
    exact = batches.real_tokens()
    batches.order_version = 2
    assert batches.sample() == range(0, 5000, 5)
    assert batches.real_tokens() == pytest.approx(exact, abs=0.01)
    batches = Batches(store_of([5] * 3), 4, order="shuffled", drop_remainder=True)
    batches.order_version = 2
    assert len(batches.sample()) == 0


def test_share_of_real_tokens():
    assert Batches(store_of([4, 8, 16, 12]), 2).real_tokens() == 40 / 48


def model_data():
    """A Keras model whose output is the id of each row's first token."""
    ids = {n: keras.Input((None,), dtype="int32", name=n) for n in ("token_ids", "padding_mask")}
    first = keras.ops.reshape(keras.ops.cast(ids["token_ids"], "float32")[:, 0], (-1, 1))
    outputs = keras.layers.Dense(1, kernel_initializer="ones")(first)
    segments = keras.Input((None,), dtype="int32", name="segment_ids")
    return keras.Model({**ids, "segment_ids": segments}, outputs)


def test_plain_keras_model_fits_evaluates_and_predicts():
    lengths = [3, 30, 5, 17, 9, 12, 4]
    store = store_of(lengths, labels=[row + 10 for row in range(7)])
    model = model_data()
    model.compile(keras.optimizers.SGD(0.0), loss="mse", metrics=["mae"])
    model.fit(Batches(store, 2, order="shuffled"), epochs=2, shuffle=False, verbose=0)
    assert model.evaluate(Batches(store, 2), verbose=0) == [0.0, 0.0]
    predicted = model.predict(Batches(store, 2), verbose=0)
    assert predicted[:, 0].tolist() == [row + 10 for row in range(7)]
    by_length = Batches(store, 2, order="length")
    predicted = model.predict(by_length, verbose=0)
    assert predicted[:, 0].tolist() == [row + 10 for row in by_length.row_order()]


def epochs_seen(model, batches, **arguments):
    """Fit, and return the epoch that the batches were in at each step."""
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(batches.epoch)
    )
    model.fit(batches, shuffle=False, verbose=0, callbacks=[note], **arguments)
    return seen


def test_plain_keras_model_takes_one_epoch_after_another():
    model = model_data()
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    batches = Batches(store_of([3] * 6, labels=[1] * 6), 2, order="shuffled")
    assert epochs_seen(model, batches, epochs=3) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert epochs_seen(model, batches, epochs=1) == [3, 3, 3]


def test_warns_when_keras_shuffles_again():
    model = model_data()
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    batches = Batches(store_of([3] * 40, labels=[1] * 40), 2, order="shuffled")
    with pytest.warns(UserWarning, match="Pass shuffle=False to fit"):
        model.fit(batches, verbose=0)


@pytest.mark.parametrize(
    ("lengths", "drop"), [([3, 3, 30, 30], False), ([3, 3, 30], True)], ids=["two", "one"]
)
def test_fits_whatever_widths_the_epochs_have(lengths, drop):
    # With so few rows, one epoch may have only long batches, and the next a short one.
    store = store_of(lengths, labels=[1] * len(lengths))
    model = model_data()
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    for first in range(5):
        batches = Batches(store, 2, order="shuffled", epoch=first, drop_remainder=drop)
        assert len(epochs_seen(model, batches, epochs=5)) == 5 * len(batches)


def test_classifier_fit_takes_the_epoch_of_keras(tiny_model):
    model = tiny_model()
    model.compile("sgd")
    examples = Examples(["good"] * 6, None, np.array([0, 1] * 3, np.int32), model.labels)
    batches = model.batches(examples, TrainingPlan(examples=6, batch_size=2))
    assert epochs_seen(model, batches, epochs=5, initial_epoch=3) == [3] * 3 + [4] * 3
    assert epochs_seen(model, batches, epochs=1) == [0] * 3


class Rows(keras.layers.Layer):
    """Records which row of the store each row of a batch is, by its first token id."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def call(self, token_ids, training=False):
        if training:
            ids = keras.ops.convert_to_numpy(token_ids)
            self.rows += (ids[:, 0] - 10).tolist()
        return keras.ops.cast(keras.ops.reshape(token_ids[:, :2], (-1, 2)), "float32")


@pytest.mark.parametrize(("steps", "epochs"), [(3, 8), (4, 6), (5, 9), (12, 2), (1, 24)])
@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # steps=5: at a pass's end
def test_a_pass_in_steps_sees_every_row_before_the_order_changes(steps, epochs):
    """`steps_per_epoch` in a plain model: a pass is finished, then the next has another order."""
    batches = Batches(store_of([5] * 24, [0, 1] * 12), 2, order="shuffled", seed=3)
    rows = Rows()
    inputs = {n: keras.Input((None,), name=n, dtype="int32") for n in batches[0][0]}
    outputs = keras.layers.Dense(2)(rows(inputs["token_ids"]))
    model = keras.Model(inputs, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, run_eagerly=True)
    rows.rows.clear()
    settings = {"epochs": epochs, "steps_per_epoch": steps, "shuffle": False}
    model.fit(batches, verbose=0, **settings)
    seen = rows.rows[-48 if steps != 5 else -72 :]
    passes = [seen[start : start + 24] for start in range(0, len(seen), 24)]
    assert [sorted(one) for one in passes] == [list(range(24))] * len(passes)
    assert len({tuple(one) for one in passes}) == len(passes)
