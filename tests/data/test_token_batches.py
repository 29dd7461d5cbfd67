import numpy as np
import pytest

from kbert.data import token_batches as module
from kbert.data.reading.examples import Examples
from kbert.data.token_batches import ids_of_batch, token_batches
from kbert.data.token_file import arrays_of
from kbert.tokenizer.tokenizer import Tokenizer

TEXTS = ["a " * 30, "a", "a", "a " * 9, "a " * 30, "a"]


@pytest.fixture
def tokenizer():
    return Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"])


def test_long_texts_are_tokenized_a_few_rows_at_a_time(tokenizer, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK_TOKENS", 20)
    batches = list(token_batches(Examples(TEXTS), tokenizer, 16))
    assert [len(batch) for batch in batches] == [4, 2]
    whole = tokenizer.encode(TEXTS, max_length=16)
    found = [ids for batch in batches for ids in batch.column(0).to_pylist()]
    assert found == [ids for ids, _ in whole]


@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_a_batch_can_be_rebuilt_from_its_number(chunk, tokenizer, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", chunk)
    examples = Examples(TEXTS, pairs=["a a", " "] * 3)
    batches = list(token_batches(examples, tokenizer, 16))
    assert len(batches) == -(-len(TEXTS) // chunk)
    for number, batch in enumerate(batches):
        again = ids_of_batch(examples, tokenizer, 16, number)
        np.testing.assert_array_equal(again, arrays_of(batch)[0], strict=True)


def test_a_data_set_without_rows_has_no_batch(tokenizer):
    assert list(token_batches(Examples([]), tokenizer, 16)) == []
