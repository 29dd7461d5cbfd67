"""Long texts are tokenized in parts: the ids are those of the whole, in little memory."""

import resource
import subprocess
import sys
from itertools import islice

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kbert import Tokenizer
from kbert.tokenizer.text_parts import PART, TextParts

LETTERS = "abΣσςé好.!_[]<>"
PIECES = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "ab", "##ab", "a.", "sep"),
    *LETTERS,
    *(f"##{c}" for c in LETTERS),
]
ADDED = [
    {"content": "<a>", "lstrip": True, "rstrip": True, "normalized": False},
    {"content": "b a", "single_word": True},
    {"content": "B"},
    {"content": "!_"},
]
NO_BLANKS = [
    {"content": "<a>", "rstrip": True},
    {"content": "Σa", "normalized": False, "special": True},
    {"content": "好a"},
    {"content": "ab", "single_word": True},
]
HARD = "aaabbb Σσς.'’:!_[]<>é好㐀\u0301\u0345\u00ad\u200b\u00a0\u3000\u2028\t\n\0…，。·`^$"
HARD += "\u1fef\u037e\u1680\U0001f600\ue000\ud800\uf900\U00020000İ\u0130"
TEXTS = st.lists(
    st.one_of(st.sampled_from([*HARD, "<a>", "b a", "b\ta", "Σa", "ΑΣ''α", "aaaaaa"]), st.text()),
    max_size=40,
).map("".join)


def tokenizers():
    for lowercase in (True, False):
        for added in ((), ADDED, NO_BLANKS):
            for more in ({}, {"strip_accents": not lowercase, "split_cjk": False}):
                yield Tokenizer(PIECES, lowercase, added_tokens=added, max_word_length=5, **more)


WHOLE, PARTS = list(tokenizers()), list(tokenizers())


@given(text=TEXTS, size=st.integers(1, 9), limit=st.integers(0, 12))
@example(text="aΣ" + "." * 20 + "a", size=1, limit=3)
@example(text="\u200b" * 30 + "ab" + "\u200b" * 30, size=1, limit=3)
@example(text="é\u0301" * 30, size=2, limit=3)
@settings(max_examples=400, deadline=None)
def test_the_parts_have_the_ids_of_the_whole(text, size, limit):
    for whole, parts in zip(WHOLE, PARTS, strict=True):
        parts._text_ids.parts.size = size
        [expected] = whole.token_ids([text])
        assert parts.token_ids([text]) == [expected]
        assert parts.token_ids([text], limit) == [expected[:limit]]
        assert parts.count([text]) == [(len(expected), expected.count(whole.unk_id))]


def test_a_long_text_is_split_where_words_end():
    parts = TextParts(WHOLE[0]._text_ids.parts._rare, (), 5, size=4)
    assert list(parts.split("a b c d e f")) == ["a b c ", "d e f"]
    assert list(parts.split("ab!ab!ab好ab")) == ["ab!ab!", "ab好ab"]
    assert list(parts.split("a" * 5 + " b")) == ["aaaaa ", "b"]
    # A word that is too long is replaced by one that no piece begins.
    assert list(parts.split("a " + "b" * 20 + " c")) == [
        "a ",
        WHOLE[0]._text_ids.parts._rare.unknown,
        " c",
    ]


def test_only_the_beginning_of_a_long_text_is_read():
    tokenizer = Tokenizer(PIECES)
    text = "ab! " * PART
    read = []
    split = tokenizer._text_ids.parts.split
    tokenizer._text_ids.parts.split = lambda text: (
        read.append(part) or part for part in split(text)
    )
    [(ids, _)] = tokenizer.encode([text], max_length=16)
    assert ids == [2, *Tokenizer(PIECES).token_ids([text[:100]])[0][:14], 3]
    assert sum(map(len, read)) < PART + 10
    assert len(list(islice(split(text), 9))) == 4


def test_pairs_are_cut_as_if_read_whole():
    for first in range(12):
        for second in range(12):
            texts = ["a " * first], ["b " * second]
            [(ids, length)] = Tokenizer(PIECES).encode(*texts, max_length=9)
            left = [first, second]
            budget = 6 if second else 7
            while sum(left) > budget:
                left[0 if left[0] > left[1] else 1] -= 1
            assert (length, len(ids)) == (left[0] + 2, sum(left) + 2 + bool(second))


MEASURED = """
import resource, sys
from kbert import Tokenizer
tokenizer = Tokenizer({pieces!r})
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
{call}
print(peak() - before)
"""


@pytest.mark.parametrize("text", ["!", "a", "ab ", "好", "Σ ", "."], ids=ascii)
@pytest.mark.parametrize(
    "call",
    ["tokenizer.encode([text], max_length=128)", "tokenizer.count([text])"],
    ids=["encode", "count"],
)
def test_a_text_of_two_million_characters_takes_little_memory(text, call):
    """It used to take 40 to 430 times the size of the text: up to 860 MB."""
    code = f"text = {text!r} * {2_000_000 // len(text)}\n{call}"
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(pieces=PIECES, call=code)],
        capture_output=True,
        text=True,
        check=True,
    )
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 120e6


def test_many_texts_are_bounded_by_their_characters():
    texts = ["!" * 2000] * 1000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = Tokenizer(PIECES).token_ids(texts, 10)
    assert found == [[PIECES.index("!")] * 10] * 1000
    if sys.platform == "linux":
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
