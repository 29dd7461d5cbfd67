from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert import KbertError, Tokenizer, Windows
from kbert.serving.export_settings import ExportSettings
from kbert.serving.run_session import run_session
from kbert.utils.progress import reporting

WORDS = ["a", "moving", "story", "dull", "mess", "."]
TOKENIZER = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])
SETTINGS = ExportSettings("onnx", "model.onnx", ("x", "y"), 12, None, False, None, {})
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join), min_size=1)


class Program:
    """Returns the sum of each row's ids, and of its segments; remembers what it was fed."""

    def __init__(self):
        self.fed = []

    def __call__(self, feed):
        self.fed.append(feed)
        ids, segments = feed["token_ids"] * feed["padding_mask"], feed["segment_ids"]
        return np.stack([ids.sum(1), segments.sum(1)], axis=1).astype(np.float32)


def split(texts):
    return [text.split() for text in texts]


def sums(texts, pairs=None):
    encoded = TOKENIZER.encode(texts, pairs, max_length=12)
    return [[sum(ids), len(ids) - first] for ids, first in encoded]


@given(
    texts=TEXTS,
    batch_size=st.integers(1, 9),
    length=st.sampled_from([None, 12]),
    kind=st.sampled_from(["onnx", "litert"]),
)
def test_every_text_has_its_own_row(texts, batch_size, length, kind):
    program = Program()
    settings = replace(SETTINGS, length=length, kind=kind)
    found = run_session(program, TOKENIZER, settings, texts, None, batch_size)
    assert found.tolist() == sums(texts)
    shapes = [feed["token_ids"].shape for feed in program.fed]
    assert sum(rows for rows, _ in shapes) == len(texts)
    assert all(rows <= batch_size for rows, _ in shapes)
    longest = [int(feed["padding_mask"].sum(1).max()) for feed in program.fed]
    if length:
        assert {width for _, width in shapes} == {12}
    elif kind == "onnx":
        assert [width for _, width in shapes] == longest
    else:
        assert [width for _, width in shapes] == [8 if most <= 8 else 12 for most in longest]
    for feed in program.fed:
        assert all(array.dtype == np.int32 for array in feed.values())
        assert (feed["token_ids"][feed["padding_mask"] == 0] == TOKENIZER.pad_id).all()


@pytest.mark.parametrize("long_text", ["head", "windows"])
def test_it_reports_progress(long_text):
    texts, done = ["a moving story . " * n for n in range(1, 8)], []
    windows = Windows(stride=2) if long_text == "windows" else None
    tokenizer = TOKENIZER.with_truncation(long_text, windows=windows)
    with reporting(done.append):
        run_session(Program(), tokenizer, SETTINGS, texts, None, 3)
    assert sum(done) == pytest.approx(len(texts))
    assert len(done) > 2


@given(texts=TEXTS, data=st.data())
def test_pairs(texts, data):
    pairs = data.draw(st.permutations(texts))
    found = run_session(Program(), TOKENIZER, SETTINGS, texts, pairs, 4)
    assert found.tolist() == sums(texts, pairs)


@given(texts=TEXTS, batch_size=st.integers(1, 5), pool=st.sampled_from(["mean", "max"]))
def test_windows_are_rows_and_their_logits_are_pooled(texts, batch_size, pool):
    """At most 3 windows of 6 words, of which 2 are shared."""
    config = {"long_text": "windows", "windows": {"stride": 2, "max_windows": 3, "pool": pool}}
    tokenizer = TOKENIZER.with_truncation("windows", windows=Windows(**config["windows"]))
    target = {"kind": "regression"}
    settings = replace(SETTINGS, max_length=8, tokenizer=config, target=target)
    program = Program()
    found = run_session(program, tokenizer, settings, texts, None, batch_size)
    starts = [
        (0, 4, 8)[: 1 if len(text) <= 6 else 2 if len(text) <= 10 else 3] for text in split(texts)
    ]
    for row, text, begins in zip(found, split(texts), starts, strict=True):
        sums = [2 + 3 + sum(TOKENIZER.ids[word] for word in text[n : n + 6]) for n in begins]
        assert row[0] == pytest.approx({"mean": np.mean, "max": np.max}[pool](sums))
    rows = [len(feed["token_ids"]) for feed in program.fed]
    assert sum(rows) == sum(map(len, starts))
    assert max(rows) <= batch_size


def test_a_program_with_other_labels_is_refused():
    settings = replace(SETTINGS, labels=("x", "y", "z"))
    with pytest.raises(KbertError, match=r"array \(1, 2\) for 1 rows, .* name 3 labels"):
        run_session(Program(), TOKENIZER, settings, ["a"], None, 4)


def test_a_runtime_error_is_one_sentence():
    def program(feed):
        raise RuntimeError("invalid\n expand shape")

    with pytest.raises(
        KbertError, match="not take 1 rows of 3 tokens: invalid expand shape. Is kb"
    ):
        run_session(program, TOKENIZER, SETTINGS, ["a"], None, 4)
