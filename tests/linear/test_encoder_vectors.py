import numpy as np
import pytest

from kbert import Examples, TokenStore, Windows
from kbert.data.padding import pad
from kbert.linear.encoder_vectors import encoder_vectors
from kbert.linear.labelled_rows import LabelledRows
from kbert.models.text_vectors import TextVectors

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model(layers=2, max_length=24)


@pytest.fixture(scope="module")
def rows(model, sentences):
    texts = sentences[0]
    examples = Examples(texts, label_ids=np.arange(len(texts), dtype=np.int32) % 2)
    store = model.batches(examples).store
    return LabelledRows.from_store(store).sample(70, seed=0)


@pytest.mark.any_backend
def test_it_is_the_mean_of_keras_hubs_output_over_the_tokens(model, rows):
    found = encoder_vectors(model, rows)
    assert (found.shape, found.dtype) == ((70, 32), np.float32)
    encoded = [rows.store[int(row)] for row in rows.rows]
    inputs = pad(encoded, 24, model.tokenizer.pad_id)
    outputs = model.backbone.predict(inputs, verbose=0)["sequence_output"]
    for row, (ids, _) in enumerate(encoded):
        by_hand = outputs[row, : len(ids)].mean(axis=0)
        np.testing.assert_allclose(found[row], by_hand, rtol=0, atol=3e-6)


@pytest.mark.any_backend
def test_windows_are_averaged_over_all_their_tokens(model, rows, sentences):
    tokenizer = model.tokenizer.with_truncation("windows", windows=Windows(stride=2))
    examples = Examples(
        [" ".join(sentences[0][:n]) for n in range(1, 9)], label_ids=np.zeros(8, np.int32)
    )
    rows = LabelledRows.from_store(TokenStore.build(examples, tokenizer, 24))
    assert rows.store.window_counts.max() > 2
    found = encoder_vectors(model, rows)
    for row in range(8):
        windows = rows.store.windows(row)
        inputs = pad(windows, 24, model.tokenizer.pad_id)
        outputs = model.backbone.predict(inputs, verbose=0)["sequence_output"]
        tokens = [outputs[place, : len(ids)] for place, (ids, _) in enumerate(windows)]
        by_hand = np.concatenate(tokens).mean(axis=0)
        np.testing.assert_allclose(found[row], by_hand, rtol=0, atol=3e-6)


@pytest.mark.parametrize("few", [True, False])
def test_few_shapes_if_each_is_compiled(model, rows, few, monkeypatch):
    shapes = []

    def predict(self, inputs):
        shapes.append(inputs["token_ids"].shape)
        return np.zeros((len(inputs["token_ids"]), 32), np.float32)

    monkeypatch.setattr(TextVectors, "predict_on_batch", predict)
    monkeypatch.setattr("kbert.backend.few_shapes.few_shapes", lambda model: few)
    encoder_vectors(model, rows)
    if few:
        assert len(set(shapes)) <= 2
        assert {count for count, _ in shapes} == {32}
    else:
        assert [count for count, _ in shapes] == [32, 32, 6]
        longest = np.sort(rows.lengths)[::-1]
        assert [width for _, width in shapes] == longest[[0, 32, 64]].tolist()
