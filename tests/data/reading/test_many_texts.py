"""Texts in a file behave like texts in memory."""

import io
import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import read_examples
from kbert.data.reading import many_texts
from kbert.data.reading.many_texts import ManyTexts, TextWriter, rows_of
from kbert.data.token_store import TokenStore
from kbert.errors import MachineError
from kbert.tokenizer.tokenizer import Tokenizer

TEXTS = ["One.", "", "zwei\n", "三", "\ud800", "𝄞" * 30, "x" * 100, "end"]


@pytest.fixture
def few_in_memory(monkeypatch):
    monkeypatch.setattr(many_texts, "_IN_MEMORY", 5)
    monkeypatch.setattr(many_texts, "_BUFFER", 40)


def written(texts):
    writer = TextWriter()
    for text in texts:
        writer.append(text)
    return writer.texts()


def test_few_texts_are_a_list():
    assert written(TEXTS) == TEXTS
    assert type(written(TEXTS)) is list


def test_many_texts_are_a_sequence(few_in_memory):
    texts = written(TEXTS)
    assert type(texts) is ManyTexts
    assert len(texts) == len(TEXTS)
    assert list(texts) == [texts[n] for n in range(len(texts))] == TEXTS
    assert (texts[-1], texts[1:4], texts[::-3]) == (TEXTS[-1], TEXTS[1:4], TEXTS[::-3])
    assert texts.index("三") == 3
    assert "nothing" not in texts
    with pytest.raises(IndexError):
        texts[len(TEXTS)]
    assert texts == written(TEXTS)
    assert pickle.loads(pickle.dumps(texts)) == TEXTS


def test_rows_of_many_texts(few_in_memory):
    places = np.array([6, 0, 0, 4, 5])
    taken = rows_of(written(TEXTS), places)
    assert type(taken) is ManyTexts
    assert list(taken) == rows_of(TEXTS, places) == [TEXTS[n] for n in places]
    assert list(rows_of(taken, np.array([3, 1]))) == [TEXTS[4], TEXTS[0]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=30), st.data())
def test_any_texts_in_any_order(texts, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(many_texts, "_IN_MEMORY", 20)
        patch.setattr(many_texts, "_BUFFER", 30)
        found = written(texts)
        places = np.array(data.draw(st.permutations(range(len(texts)))), np.int64)
        assert list(rows_of(found, places)) == [texts[n] for n in places]


def test_a_set_in_a_file_equals_the_set_in_memory(tmp_path, minilm_vocab, monkeypatch):
    path = tmp_path / "pairs.csv"
    rows = [f"Text {n % 37} of many,and its pair {n % 5},{'ab'[n % 2]}\n" for n in range(200)]
    path.write_text("text,pair,label\n" + "".join(rows), encoding="utf-8")
    plain = read_examples(path, text="text", pair="pair")
    monkeypatch.setattr(many_texts, "_IN_MEMORY", 500)
    held = read_examples(path, text="text", pair="pair")
    assert type(held.texts) is type(held.pairs) is ManyTexts
    assert held.fingerprint == plain.fingerprint
    tokenizer = Tokenizer.from_file(minilm_vocab)
    for ours, theirs in zip(held.split(0.2, seed=1), plain.split(0.2, seed=1), strict=True):
        assert ours.fingerprint == theirs.fingerprint
        assert type(ours.texts) is ManyTexts
        stores = [TokenStore.build(each, tokenizer, 16) for each in (ours, theirs)]
        ids = [[store[n][0].tolist() for n in range(len(store))] for store in stores]
        assert ids[0] == ids[1]


def test_a_long_text_that_repeats_is_written_once(few_in_memory):
    long, other = "好" * 10_000, "x" * 10_000
    texts = written([long, other, "a", *[long, other, "b"] * 50])
    assert list(texts) == [long, other, "a", *[long, other, "b"] * 50]
    assert os.fstat(texts._file._file.fileno()).st_size == 30_000 + 10_000 + 51


def test_one_text_in_all_rows_needs_no_file(few_in_memory):
    text = "x" * 4
    assert written([text] * 100) == [text] * 100
    assert type(written([text] * 100)) is list


def test_a_full_disk_is_reported(few_in_memory, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, os.strerror(28))

    monkeypatch.setattr(many_texts.tempfile, "TemporaryFile", Full)
    with pytest.raises(
        MachineError, match=r"No space left on device.*Cure: set the variable TMPDIR"
    ):
        written(TEXTS)
