"""A head that reads the mean of a text's tokens."""

import keras
import numpy as np
import pytest
from keras import ops
from outputs import outputs_of

from kbert import Batches, BertClassifier, InputError, TrainingPlan, create_optimizer, read_examples
from kbert.data.padding import pad
from kbert.interop.write_google import write_google
from kbert.interop.write_hugging_face import write_hugging_face
from kbert.interop.write_keras_hub import write_keras_hub
from kbert.models.build_classifier import to_model_data

pytestmark = pytest.mark.keras

TEXTS = ["A moving story, beautifully told.", "dull", "not a single good scene in it"]


@pytest.fixture
def model(tiny_model):
    made = tiny_model(layers=2, pooling="mean")
    for variable in made.weights:  # far from even
        noise = np.random.default_rng(1).normal(0, 0.2, variable.shape)
        variable.assign(variable + noise.astype("float32"))
    return made


@pytest.fixture
def inputs(model):
    return pad(model.tokenizer.encode(TEXTS, None, max_length=16), 12)


def test_logits_come_from_the_mean_of_the_real_tokens(model, inputs):
    rows = model.backbone.predict(inputs, verbose=0)["sequence_output"]
    kernel, bias = model.get_layer("logits").get_weights()
    means = [
        row[mask == 1].mean(axis=0) for row, mask in zip(rows, inputs["padding_mask"], strict=True)
    ]
    expected = np.array(means) @ kernel + bias
    assert expected.std() > 0.1
    np.testing.assert_allclose(outputs_of(model, inputs), expected, rtol=0, atol=3e-6)
    graph = keras.Model(model.inputs, model.outputs)  # as Keras computes it
    np.testing.assert_allclose(graph.predict(inputs, verbose=0), expected, rtol=0, atol=3e-6)


def test_packed_and_padded_rows_give_the_same_logits(model, reviews):
    examples = read_examples(reviews, labels=model.labels)
    store = model.batches(examples).store
    batches = Batches(store, 16, order="packed")
    inputs, labels = batches[len(batches) - 1]
    assert (inputs["text_ids"].max(axis=1) > 1).any()
    expected = outputs_of(
        model, pad([store[int(row)] for row in batches.rows(len(batches) - 1)], 16)
    )
    found = outputs_of(model, inputs)
    assert found.shape == (len(labels), 2)
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-6)


@pytest.mark.any_backend
def test_the_pooler_is_neither_trained_nor_needed(model, reviews):
    examples = read_examples(reviews, labels=model.labels)
    plan = TrainingPlan(examples=len(examples), batch_size=8, epochs=1, learning_rate=1e-3)
    before = {v.path: ops.convert_to_numpy(v.value).copy() for v in model.weights}
    model.gradient_checkpointing = True
    model.compile(create_optimizer(plan))
    model.fit(model.batches(examples, plan), verbose=0)
    still = {v.path for v in model.weights if (ops.convert_to_numpy(v) == before[v.path]).all()}
    assert still >= {"pooled_dense/kernel", "pooled_dense/bias"}
    assert not [path for path in still if path.startswith("transformer_layer_1")]


@pytest.mark.any_backend
def test_pooling_is_saved_and_loaded(model, tmp_path):
    expected = model.predict_proba(TEXTS)
    model.save_to(tmp_path / "folder")
    model.save(tmp_path / "model.keras")
    for path in ("folder", "model.keras"):
        loaded = BertClassifier.load(tmp_path / path)
        assert loaded.pooling == "mean"
        np.testing.assert_allclose(loaded.predict_proba(TEXTS), expected, rtol=0, atol=1e-6)
    # A head for the mean is not one for [CLS]; a new one reads what the encoder was trained with.
    with pytest.raises(InputError, match="reads mean, not cls. Pass `labels` for a new one."):
        BertClassifier.from_preset(str(tmp_path / "folder"), pooling="cls")
    assert BertClassifier.from_preset(str(tmp_path / "folder"), ["a", "b"]).pooling == "mean"


@pytest.mark.any_backend
@pytest.mark.parametrize("write", [write_hugging_face, write_google, write_keras_hub])
def test_formats_that_read_cls_refuse_such_a_model(write, model, tmp_path):
    arguments = [16] if write is write_keras_hub else []
    with pytest.raises(InputError, match=r"reads \[CLS\], but the head of this model reads the me"):
        write(tmp_path, to_model_data(model), *arguments)
    assert not [*tmp_path.iterdir()]


def test_an_unknown_pooling_is_refused(tiny_model):
    with pytest.raises(InputError, match="`pooling` must be cls or mean. Received: 'max'"):
        tiny_model(pooling="max")
