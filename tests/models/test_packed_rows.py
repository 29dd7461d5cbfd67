"""Texts that share rows are trained like texts that have rows of their own."""

import keras
import numpy as np
import pytest
from keras import ops
from outputs import outputs_of

from kbert import AdamW, Batches, Examples, Labels, TokenStore
from kbert.data.padding import pad

pytestmark = pytest.mark.keras

LABELS = Labels(("bad", "good"))


@pytest.fixture(scope="module")
def store(tiny_model, sentences):
    words = " ".join(sentences[0]).split()
    texts = [" ".join(words[n : n + 1 + n % 7]) for n in range(75)]
    labels = np.arange(len(texts)) % 2
    examples = Examples(texts, texts[::-1], label_ids=labels, labels=LABELS)
    return TokenStore.build(examples, tiny_model().tokenizer, 16)


@pytest.fixture
def make(tiny_model):
    """A function that makes a model whose logits are far from even."""

    def make_model():
        model = tiny_model(layers=2, all_dropout=0.0)
        for variable in model.weights:
            noise = np.random.default_rng(1).normal(0, 0.2, variable.shape)
            variable.assign(variable + noise.astype("float32"))
        return model

    return make_model


def padded(batches, index):
    """The texts of a packed batch, each in a row of its own."""
    return pad([batches.store[int(row)] for row in batches.rows(index)], 16)


def test_logits_match_padded_rows(make, store):
    model, batches = make(), Batches(store, 32, order="packed")
    computed = 0
    for index in range(len(batches)):
        inputs, labels = batches[index]
        computed += inputs["token_ids"].size
        found = outputs_of(model, inputs)
        expected = outputs_of(model, padded(batches, index))
        assert found.shape == (len(labels), 2)
        assert expected.std() > 0.03
        np.testing.assert_allclose(found, expected, rtol=0, atol=3e-6)
    assert batches.real_tokens() == store.lengths.sum() / computed


def test_ten_updates_give_the_same_weights_and_the_same_loss(make, store):
    found, losses = [], []
    for is_packed in (True, False):
        model, batches = make(), Batches(store, 32, order="packed")
        model.compile(optimizer=AdamW(1e-3, global_clipnorm=1.0), metrics=["accuracy"])
        for update in range(10):
            index = update % 3  # of one epoch, as each shape is compiled
            inputs, labels = batches[index]
            inputs = inputs if is_packed else padded(batches, index)
            model.train_on_batch(inputs, labels, sample_weight=1.0 + labels)
        losses.append(model.get_metrics_result())
        found.append({v.path: ops.convert_to_numpy(v.value) for v in model.trainable_variables})
    for name, loss in losses[0].items():
        np.testing.assert_allclose(float(loss), float(losses[1][name]), atol=1e-5, err_msg=name)
    for (name, one), other in zip(found[0].items(), found[1].values(), strict=True):
        if name.endswith("key/bias"):
            continue  # the softmax ignores it, so Adam's steps come from rounding
        np.testing.assert_allclose(one, other, rtol=0, atol=3e-5, err_msg=name)


@pytest.mark.any_backend
def test_fit_trains_every_text_once_per_epoch(make, store):
    model, batches = make(), Batches(store, 32, order="packed")
    seen = []
    model.compile(optimizer=AdamW(1e-3), metrics=["accuracy"])
    log = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: seen.append(batches.row_order().tolist())
    )
    history = model.fit(batches, epochs=2, verbose=0, callbacks=[log]).history
    assert [sorted(rows) for rows in seen] == 2 * [list(range(75))]
    assert seen[0] != seen[1]
    assert np.isfinite(history["loss"]).all()


def test_another_model_refuses_packed_rows(make, store):
    model = make()
    plain = keras.Model(model.inputs, model.outputs)
    inputs, _ = Batches(store, 32, order="packed")[0]
    with pytest.raises(ValueError, match='Missing data for input "padding_mask"'):
        plain(inputs)
    with pytest.raises(ValueError, match="must have token_ids, segment_ids and padding_mask"):
        model({name: inputs[name] for name in ("token_ids", "segment_ids")})


def test_a_dropout_of_zero_has_no_empty_rows_of_attention(make, store):
    """A row that attends to nothing would be NaN where attention is fused."""
    model, batches = make(), Batches(store, 64, order="packed")
    inputs, _ = batches[len(batches) - 1]
    assert (inputs["text_ids"].max(axis=1) == 0).any()  # an incomplete batch
    assert np.isfinite(ops.convert_to_numpy(model(inputs, training=True))).all()


def test_few_shapes_are_compiled(make):
    lengths = np.random.default_rng(0).integers(3, 60, 960)
    texts = [" ".join(["good"] * int(n)) for n in lengths]
    model = make()
    batches = model.batches(Examples(texts), batch_size=32, packing="on")
    shapes = set()
    for epoch in range(4):
        batches.epoch = epoch
        shapes |= {batches.shape(index) for index in range(len(batches))}
    rows = sorted(count for count, _ in shapes)
    if keras.backend.backend() == "torch":  # nothing is compiled, and empty rows cost time
        assert rows == list(range(rows[0], rows[-1] + 1))
    else:
        assert all(count % 2 == 0 for count in rows)
        assert rows[0] >= int(lengths.mean() / 2)
        assert len(rows) <= 4
