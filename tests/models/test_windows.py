"""Long texts that are read in windows: their logits, and what is learned from them."""

import keras
import numpy as np
import pytest
from keras import ops
from outputs import outputs_of

from kbert import (
    AdamW,
    Batches,
    BertClassifier,
    EpochEvaluation,
    Examples,
    InputError,
    Labels,
    PlanGuard,
    TokenStore,
    TrainingPlan,
)
from kbert.data.padding import pad
from kbert.data.segment import Segment

pytestmark = pytest.mark.keras

LABELS = Labels(("bad", "good"))
LENGTH = 16  # 14 tokens of a text in a window; each shares 3 with the one before


@pytest.fixture(scope="module")
def texts(sentences):
    """Texts of 1 to 60 words: up to 7 windows."""
    words = " ".join(sentences[0]).split()
    return [" ".join(words[n : n + 1 + (17 * n) % 60]) for n in range(16)]


@pytest.fixture
def make(tiny_model):
    """A function that makes a model whose logits are far from even."""

    def make_model(pool="mean", **settings):
        model = tiny_model(all_dropout=0.0, max_length=LENGTH)
        config = model.get_config()
        config["tokenizer"] |= {"long_text": "windows", "windows": {"pool": pool, **settings}}
        model = BertClassifier.from_config(config)
        for variable in model.weights:
            noise = np.random.default_rng(1).normal(0, 0.2, variable.shape)
            variable.assign(variable + noise.astype("float32"))
        return model

    return make_model


def single_logits(model, window):
    """The logits of one window, computed alone."""
    return outputs_of(model, pad([window], LENGTH))[0]


def examples_of(texts, **settings):
    return Examples(texts, label_ids=np.arange(len(texts)) % 2, labels=LABELS, **settings)


@pytest.mark.parametrize("pool", ["mean", "max"])
@pytest.mark.parametrize("few_shapes", [True, pytest.param(False, marks=pytest.mark.any_backend)])
def test_logits_match_windows_computed_singly(pool, few_shapes, make, texts):
    model = make(pool)
    store = TokenStore.build(examples_of(texts), model.tokenizer, LENGTH)
    batches = Batches(store, 6, order="shuffled", few_shapes=few_shapes)
    windows = [store.windows(row) for row in range(len(texts))]
    singly = outputs_of(model, pad([one for several in windows for one in several], LENGTH))
    logits = np.split(singly, np.cumsum([len(several) for several in windows])[:-1])
    seen = set()
    for index in range(len(batches)):
        inputs, labels = batches[index]
        rows = batches.rows(index)
        assert len(inputs["token_ids"]) == batches.shape(index)[0]
        found = outputs_of(model, inputs)
        expected = np.stack([getattr(logits[row], pool)(axis=0) for row in rows])
        assert expected.std() > 0.01
        np.testing.assert_allclose(found, expected, rtol=0, atol=5e-6)
        np.testing.assert_array_equal(labels, rows % 2)
        seen |= {len(logits[row]) for row in rows}
    assert seen == set(range(1, 8))
    np.testing.assert_allclose(
        model.predict(batches, verbose=0)[np.argsort(batches.row_order())],
        model.predict(texts, verbose=0),
        atol=5e-6,
    )


def test_two_windows_by_hand(make):
    """Of 25 tokens, one window has 1 to 14, and the other 12 to 25."""
    model = make()
    words = list("abcdefghijklmnopqrstuvwxy")
    ids = [model.tokenizer.ids[word] for word in words]
    cls, sep = model.tokenizer.cls_id, model.tokenizer.sep_id
    one, two = ([cls, *part, sep] for part in (ids[:14], ids[11:]))
    expected = (single_logits(model, (one, 16)) + single_logits(model, (two, 16))) / 2
    found = model.predict([" ".join(words)], verbose=0)
    np.testing.assert_allclose(found[0], expected, atol=5e-6)


class OneByOne(keras.Model):
    """Computes each window alone, and pools their logits in a plain loop."""

    def __init__(self, model, texts, pool):
        super().__init__()
        self.model = model
        self.windows = [[pad([window], LENGTH) for window in text] for text in texts]
        self.pool = {"mean": ops.mean, "max": ops.max}[pool]

    def call(self, inputs):
        texts = [[self.model(window)[0] for window in text] for text in self.windows]
        return ops.stack([self.pool(ops.stack(logits), axis=0) for logits in texts])


@pytest.mark.parametrize("pool", ["mean", pytest.param("max", marks=pytest.mark.any_backend)])
def test_a_step_matches_a_loop_over_the_windows(pool, make, texts):
    found = []
    for is_loop in (False, True):
        model = make(pool)
        store = TokenStore.build(examples_of(texts[3:5]), model.tokenizer, LENGTH)
        assert store.window_counts.max() > 2
        inputs, labels = Batches(store, 2, few_shapes=True)[0]
        trained = model
        if is_loop:
            trained = OneByOne(model, [store.windows(row) for row in range(2)], pool)
            inputs = np.zeros((2, 1))
        trained.compile(
            optimizer=keras.optimizers.SGD(0.1),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=keras.backend.backend() == "jax",  # eager JAX compiles each operation
        )
        loss = trained.train_on_batch(inputs, labels, sample_weight=1.0 + labels)
        found.append((float(loss), {v.path: ops.convert_to_numpy(v) for v in model.weights}))
    (one, weights), (other, expected) = found
    assert one == pytest.approx(other, abs=2e-6)
    for name, array in weights.items():
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=2e-6, err_msg=name)


@pytest.mark.any_backend  # only the batches matter
@pytest.mark.parametrize("version", [1, 2])
def test_a_resumed_epoch_has_the_remaining_batches(version, make, texts):
    store = TokenStore.build(examples_of(texts), make().tokenizer, LENGTH)
    whole, resumed = (Batches(store, 5, order="shuffled", seed=3) for _ in range(2))
    whole.order_version = resumed.order_version = version
    whole.epoch = 2
    resumed.resume_at(2, [Segment(5, 2)])
    assert (len(whole), resumed.first) == (4, 2)
    for index in (2, 3):
        (inputs, labels), (others, expected) = resumed[index], whole[index]
        np.testing.assert_array_equal(labels, expected)
        for name, array in inputs.items():
            np.testing.assert_array_equal(array, others[name], err_msg=name)
    assert sorted(whole.row_order().tolist()) == list(range(len(texts)))


@pytest.mark.any_backend  # only the batches matter
def test_plan_order_and_weights_count_texts(make, texts):
    model = make()
    weights = np.linspace(0.5, 1.5, len(texts), dtype=np.float32)
    examples = examples_of(texts, weights=weights)
    plan = TrainingPlan(len(texts), batch_size=6, epochs=2)
    batches = model.batches(examples, plan)
    assert (batches.order, len(batches)) == ("shuffled", plan.steps_per_epoch)
    model.compile(optimizer=AdamW(1e-3), weighted_metrics=["accuracy"])
    seen = []
    log = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: seen.append(batches.row_order().tolist())
    )
    dev = EpochEvaluation(dev=model.batches(examples, batch_size=6))
    allow = PlanGuard(plan, allow=("dev-overlap", "too-few-updates"), verbose=0)
    history = model.fit(batches, epochs=2, verbose=0, callbacks=[log, allow, dev]).history
    assert [sorted(rows) for rows in seen] == 2 * [list(range(len(texts)))]
    assert seen[0] != seen[1]
    assert history["loss"][1] < history["loss"][0]
    scores = model.evaluate(batches, verbose=0, return_dict=True)
    logits = model.predict(texts, verbose=0).astype(np.float64)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(16), np.arange(16) % 2]
    assert dev.history.best.scores["dev"].loss == pytest.approx(scores["loss"], abs=1e-4)
    assert scores["loss"] == pytest.approx(np.average(losses, weights=weights), abs=1e-4)


def test_a_batch_of_short_texts_before_batches_of_long_ones(make):
    """TensorFlow expects in all batches what the first two have in common."""
    model = make(pool="max")
    short, long = ["good", "bad", "so so", "fine"], [" ".join(["very"] * 40)] * 5
    model.compile(optimizer=AdamW(1e-3))
    batches = model.batches(examples_of([*short, *long]), batch_size=2)
    assert np.isfinite(model.fit(batches, epochs=2, verbose=0).history["loss"]).all()


@pytest.mark.any_backend  # only the input matters
def test_a_stream_trains_like_a_list(make, texts):
    labels, found = [n % 2 for n in range(16)], []
    parts = [slice(n, n + 4) for n in range(0, 16, 4)]
    for is_stream in (True, False):
        model = make()
        model.compile(optimizer=keras.optimizers.SGD(0.1))
        if is_stream:
            stream = ((texts[part], labels[part]) for part in parts)
            model.fit(stream, steps_per_epoch=4, verbose=0)
        else:
            model.fit(texts, labels, batch_size=4, shuffle=False, verbose=0)
        found.append({v.path: ops.convert_to_numpy(v) for v in model.weights})
    for name, array in found[0].items():
        np.testing.assert_allclose(array, found[1][name], rtol=0, atol=2e-5, err_msg=name)


def test_pairs_repeat_one_side(make):
    model = make()
    long, question = " ".join(["very"] * 20 + ["good"]), "is it"
    # 13 tokens for both: 11 of the text in a window, each with 9 new ones.
    ids = model.tokenizer.token_ids([question, long])
    cls, sep = model.tokenizer.cls_id, model.tokenizer.sep_id
    for texts in ((question, long), (long, question)):
        windows = []
        for part in (ids[1][:11], ids[1][9:20], ids[1][18:]):
            one, two = (ids[0], part) if texts[0] == question else (part, ids[0])
            windows.append(([cls, *one, sep, *two, sep], len(one) + 2))
        expected = np.mean([single_logits(model, window) for window in windows], axis=0)
        found = model.predict(tuple([text] for text in texts), verbose=0)
        np.testing.assert_allclose(found[0], expected, atol=5e-6)


def test_few_shapes_are_compiled(make, texts):
    model = make()
    store = TokenStore.build(examples_of(texts * 5), model.tokenizer, LENGTH)
    batches = Batches(store, 8, order="shuffled", few_shapes=True)
    shapes = [batches.shape(index) for index in range(len(batches))]
    assert all(rows % 2 == 0 for rows, _ in shapes)
    least = Batches(store, 8, order="shuffled", few_shapes=False)
    assert 0.85 * least.real_tokens() < batches.real_tokens() < least.real_tokens() <= 1
    assert shapes[0] == max(shapes, key=lambda shape: (shape[1], shape[0]))


def test_a_model_that_reads_no_windows_refuses_them(make, texts, tiny_model):
    other = tiny_model()
    other.compile(optimizer=AdamW(1e-3))
    batches = make().batches(examples_of(texts))
    with pytest.raises(
        InputError, match="has texts in windows, but the model does not read windows"
    ):
        other.fit(batches, verbose=0)


def test_windows_are_not_packed(make, texts):
    model = make()
    plan = TrainingPlan(len(texts), batch_size=8)
    with pytest.raises(InputError, match="have rows of their own, which are not packed"):
        model.batches(examples_of(texts), plan, packing="on")
    with pytest.raises(InputError, match="have rows of their own, which are not packed"):
        Batches(TokenStore.build(examples_of(texts), model.tokenizer, LENGTH), order="packed")
