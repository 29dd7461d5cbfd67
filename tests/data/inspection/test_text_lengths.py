import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import Tokenizer
from kbert.data.inspection.text_lengths import LENGTHS, sample_rows, scripts, text_lengths
from kbert.data.reading.examples import Examples

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "we", "like", "tea", "##s"]


@pytest.fixture(scope="module")
def minilm(minilm_vocab):
    return Tokenizer.from_file(minilm_vocab)


def test_the_quantiles_of_real_sentences(minilm, sentences):
    texts, _ = sentences
    found = text_lengths(Examples(texts), minilm)
    lengths = [len(ids) for ids, _ in minilm.encode(texts, max_length=512)]
    assert found.sample == len(texts)
    assert found.quantiles == tuple(int(np.quantile(lengths, q)) for q in (0.5, 0.9, 0.99, 1))
    assert found.quantiles[-1] == max(lengths)
    assert found.unknown == found.unknown_otherwise == 0
    assert tuple(found.cut) == LENGTHS
    for most in (*LENGTHS, 8, 11):
        share = sum(length > most for length in lengths) / len(lengths)
        assert found.share_cut(most) == pytest.approx(share)
        assert found.cut.get(most, share) == pytest.approx(share)


@pytest.mark.parametrize("pairs", [None, ["Well acted.", "x", "Bold and fresh."]], ids=str)
def test_special_tokens_are_counted_as_the_model_reads_them(minilm, pairs):
    texts = ["A joy.", "unbelievably", "I laughed and I cried."]
    lengths = sorted(len(ids) for ids, _ in minilm.encode(texts, pairs, max_length=512))
    found = text_lengths(Examples(texts, pairs), minilm)
    assert found.quantiles[-1] == lengths[-1]
    assert found.quantiles[0] == lengths[1]
    assert found.share_cut(lengths[0] - 1) == 1


@pytest.mark.parametrize(
    ("lowercase", "texts", "unknown", "otherwise"),
    [
        (True, ["we like teas", "tea"], 0, 0),
        (True, ["we like coffee"], 1 / 3, 1 / 3),
        (False, ["We like tea", "TEA"], 2 / 4, 0),
        (True, ["we like 茶", "we like tea"], 1 / 6, 1 / 6),
    ],
    ids=["known", "unknown", "casing", "script"],
)
def test_the_share_of_unknown_tokens(lowercase, texts, unknown, otherwise):
    found = text_lengths(Examples(texts), Tokenizer(PIECES, lowercase=lowercase))
    assert (found.unknown, found.unknown_otherwise) == pytest.approx((unknown, otherwise))


def test_the_tokens_of_second_texts_are_counted_too():
    found = text_lengths(Examples(["we like"], ["coffee and tea"]), Tokenizer(PIECES))
    assert found.unknown == 2 / 5
    assert found.quantiles == (2 + 3 + 3,) * 4


def test_a_sample_of_many_rows_is_counted():
    texts = ["tea"] * 300 + ["we like tea"] * 700
    found = text_lengths(Examples(texts), Tokenizer(PIECES), max_rows=200)
    assert found.sample == 200
    # 200 draws: the share of a class has a standard deviation below 0.04.
    assert found.share_cut(3) == pytest.approx(0.7, abs=0.12)


@given(st.integers(0, 3000), st.integers(1, 2000))
@settings(deadline=None, max_examples=40)
def test_a_sample_has_distinct_rows_in_their_order(rows, most):
    sample = sample_rows(rows, most).tolist()
    assert sample == sorted(set(sample))
    assert len(sample) == min(rows, most)
    assert set(sample) <= set(range(rows))
    assert sample == sample_rows(rows, most).tolist()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Hello, world!", "1 + 1"], {"LATIN": 1}),
        (["привет", "мир"], {"CYRILLIC": 1}),
        (["茶と tea"], {"LATIN": 3 / 5, "CJK": 1 / 5, "HIRAGANA": 1 / 5}),
        (["سلام ab"], {"ARABIC": 4 / 6, "LATIN": 2 / 6}),
        (["123 !?", ""], {}),
        ([], {}),
    ],
    ids=["latin", "cyrillic", "japanese", "arabic", "no letters", "no rows"],
)
def test_scripts(texts, expected):
    assert scripts(texts) == pytest.approx(expected)
    assert list(scripts(texts)) == list(expected)


def test_scripts_of_a_long_sorted_file():
    # 2,000 rows over the whole file: a share of a half has a standard deviation of 0.011.
    texts = ["a" * 400] * 5000 + ["я" * 400] * 5000
    assert scripts(texts) == pytest.approx({"LATIN": 0.5, "CYRILLIC": 0.5}, abs=0.05)


def test_the_first_letters_of_a_long_text_determine_its_script():
    assert scripts(["a" * 500 + "я" * 5000] * 3) == {"LATIN": 1}
