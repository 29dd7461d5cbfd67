import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import KbertError, Tokenizer
from kbert.tokenizer.truncation import kept_tokens, truncated_lengths

LONG_TEXTS = ("head", "tail", "head+tail")
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghij"]


@given(first=st.integers(0, 40), second=st.integers(0, 40), budget=st.integers(0, 40))
@settings(deadline=None)
def test_truncation_equals_googles_loop(first, second, budget):
    left = [first, second]
    while sum(left) > budget:
        left[0 if left[0] > left[1] else 1] -= 1
    assert truncated_lengths(first, second, budget) == tuple(left)


@pytest.mark.parametrize(("cut_pair", "cut"), [("first", 0), ("second", 1)])
@given(first=st.integers(1, 40), second=st.integers(1, 40), budget=st.integers(2, 40))
@settings(deadline=None)
def test_one_text_of_a_pair_is_cut(cut_pair, cut, first, second, budget):
    left = [first, second]
    while sum(left) > budget:
        left[cut if left[cut] > 1 else 1 - cut] -= 1
    assert truncated_lengths(first, second, budget, cut_pair) == tuple(left)


def test_head_and_tail_are_those_of_the_paper():
    tokens = list(range(1000))
    assert kept_tokens(tokens, 510, "head+tail") == [*range(128), *range(1000 - 382, 1000)]
    assert kept_tokens(tokens, 126, "head+tail") == [*range(31), *range(1000 - 95, 1000)]
    assert kept_tokens(tokens, 3, "tail") == [997, 998, 999]
    assert kept_tokens(tokens, 3) == [0, 1, 2]


@pytest.mark.parametrize("long_text", LONG_TEXTS)
@given(
    length=st.integers(0, 60),
    more=st.integers(0, 60),
    rooms=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
@settings(deadline=None)
def test_cutting_twice_equals_cutting_once(long_text, length, more, rooms):
    """So texts can be tokenized part by part, and before the length of the other one is known."""
    most, room = max(rooms), min(rooms)
    tokens = list(range(length + more))
    part = kept_tokens(tokens[:length], most, long_text)
    whole = kept_tokens([*part, *tokens[length:]], most, long_text)
    assert whole == kept_tokens(tokens, most, long_text)
    assert kept_tokens(whole, room, long_text) == kept_tokens(tokens, room, long_text)


@pytest.mark.parametrize(
    ("long_text", "cut_pair", "text", "pair"),
    [
        ("head", "longest", "abc", "defg"),
        ("tail", "longest", "abc", "ghij"),
        ("head", "first", "a", "defghi"),
        ("tail", "second", "abc", "ghij"),
        ("head+tail", "first", "c", "dfghij"),
    ],
)
def test_what_a_model_reads_of_a_pair(long_text, cut_pair, text, pair):
    tokenizer = Tokenizer(PIECES, long_text=long_text, cut_pair=cut_pair)
    [(ids, first)] = tokenizer.encode(["a b c"], ["d e f g h i j"], max_length=10)
    names = [tokenizer.vocabulary[number] for number in ids]
    assert names == ["[CLS]", *text, "[SEP]", *pair, "[SEP]"]
    assert first == len(text) + 2


def test_the_settings_are_saved_and_change_the_fingerprint():
    tokenizer = Tokenizer(PIECES)
    assert tokenizer.with_truncation() is tokenizer
    assert not {"long_text", "cut_pair"} & tokenizer.get_config().keys()
    other = tokenizer.with_truncation("tail", "second")
    assert other.fingerprint != tokenizer.fingerprint
    again = Tokenizer.from_config(other.get_config())
    assert (again.long_text, again.cut_pair) == ("tail", "second")
    assert again.fingerprint == other.fingerprint


@pytest.mark.parametrize("value", ["middle", None, ["head"]])
def test_refuses_other_values(value):
    with pytest.raises(
        KbertError, match=r"`long_text` must be one of head, tail, head\+tail, windows. Rec"
    ):
        Tokenizer(PIECES, long_text=value)
