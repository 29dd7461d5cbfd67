import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as RustTokenizer

from kbert import InputError, KbertError, Tokenizer, Windows
from kbert.tokenizer.window_split import WindowSplit

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz"]
CLS, SEP = 2, 3
ALPHABET = " ".join("abcdefghijklmnopqrstuvwxyz")


def windows_of(tokenizer, text, pair=None, *, max_length):
    pairs = None if pair is None else [pair]
    ((ids, first),) = tokenizer.encode([text], pairs, max_length=max_length)
    split = tokenizer.window_split(max_length, is_pair=pair is not None)
    return [(list(map(int, i)), n) for i, n in split.split(np.array(ids), first)]


def words(windows):
    return ["".join(PIECES[i] if i > SEP else "|" for i in ids) for ids, _ in windows]


@pytest.mark.parametrize("stride", [0, 1, 3])
@pytest.mark.parametrize("length", [1, 6, 7, 8, 11, 26])
def test_the_windows_of_a_text_are_those_of_hugging_face(stride, length):
    tokenizer = Tokenizer(PIECES, long_text="windows", windows=Windows(stride, 100))
    other = RustTokenizer.from_str(tokenizer.to_hugging_face())
    other.enable_truncation(9, stride=stride)
    text = ALPHABET[: 2 * length - 1]
    whole = other.encode(text)
    expected = [(e.ids, len(e.ids)) for e in (whole, *whole.overflowing)]
    assert windows_of(tokenizer, text, max_length=9) == expected


@pytest.mark.parametrize("side", ["first", "second"])
@pytest.mark.parametrize("stride", [0, 2])
@pytest.mark.parametrize("length", [3, 9, 26])
def test_the_other_side_of_a_pair_is_repeated_as_hugging_face_does(side, stride, length):
    tokenizer = Tokenizer(PIECES, long_text="windows", cut_pair=side, windows=Windows(stride, 100))
    other = RustTokenizer.from_str(tokenizer.to_hugging_face())
    other.enable_truncation(12, stride=stride, strategy=f"only_{side}")
    long, short = ALPHABET[: 2 * length - 1], "x y z"
    pair = (long, short) if side == "first" else (short, long)
    whole = other.encode(*pair)
    expected = [(e.ids, e.type_ids.count(0)) for e in (whole, *whole.overflowing)]
    assert windows_of(tokenizer, *pair, max_length=12) == expected


@pytest.mark.parametrize(
    ("cut_pair", "text", "pair", "expected"),
    [
        ("longest", "a b c d e f", "x y", ["|abcd|xy|", "|def|xy|"]),
        ("longest", "x y", "a b c d e f", ["|xy|abcd|", "|xy|def|"]),
        ("longest", "a b c d", "w x y z", ["|abc|wxy|", "|abc|z|"]),  # a tie windows the second
        ("first", "a b", "u v w x y z", ["|ab|uvwx|"]),  # the side that is windowed fits
        ("second", "a b c d e f", "x y z u", ["|abc|xyz|", "|abc|u|"]),
        ("longest", "a b", "", ["|ab|"]),
    ],
)
def test_which_side_of_a_pair_is_windowed(cut_pair, text, pair, expected):
    tokenizer = Tokenizer(PIECES, long_text="windows", cut_pair=cut_pair)
    if cut_pair == "longest" and text != "a b" and "w" not in pair:
        tokenizer = tokenizer.with_truncation(windows=Windows(stride=1))
    else:
        tokenizer = tokenizer.with_truncation(windows=Windows(stride=0))
    assert words(windows_of(tokenizer, text, pair, max_length=9)) == expected


def test_by_default_a_quarter_of_a_window_is_shared():
    tokenizer = Tokenizer(PIECES, long_text="windows")
    assert words(windows_of(tokenizer, ALPHABET, max_length=10)) == [
        "|abcdefgh|",
        "|ghijklmn|",
        "|mnopqrst|",
        "|stuvwxyz|",
    ]


def test_tokens_beyond_max_windows_are_cut():
    tokenizer = Tokenizer(PIECES, long_text="windows", windows=Windows(stride=2, max_windows=2))
    assert words(windows_of(tokenizer, ALPHABET, max_length=8)) == ["|abcdef|", "|efghij|"]
    assert tokenizer.most_tokens(8) == 12
    pair = windows_of(tokenizer, "x y", ALPHABET, max_length=9)
    assert words(pair) == ["|xy|abcd|", "|xy|cdef|"]


@given(
    first=st.integers(0, 60),
    second=st.integers(0, 60),
    max_length=st.integers(9, 24),
    stride=st.none() | st.integers(0, 2),
    most=st.integers(1, 5),
    cut_pair=st.sampled_from(["longest", "first", "second"]),
)
def test_windows_contain_all_kept_tokens_in_order(
    first, second, max_length, stride, most, cut_pair
):
    split = WindowSplit(Windows(stride, most), max_length, cut_pair, is_pair=second > 0)
    kept = [int(n[0]) for n in split.kept(np.array([first]), np.array([second]))]
    assert [int(n[0]) for n in split.kept(*np.array(kept)[:, None])] == kept
    texts = [np.arange(kept[0]) + 100, np.arange(kept[1]) + 200]
    ids = np.concatenate([[CLS], texts[0], [SEP], *([texts[1], [SEP]] if second else [])])
    windows = split.split(ids, kept[0] + 2)
    lengths, firsts = np.array([len(ids)]), np.array([kept[0] + 2])
    assert len(windows) == split.counts(lengths, firsts) <= most
    assert sum(len(ids) for ids, _ in windows) == split.tokens(lengths, firsts)
    for ids, first_length in windows:
        assert len(ids) <= max_length
        assert (ids[0], ids[first_length - 1], ids[-1]) == (CLS, SEP, SEP)
    seen = np.unique(np.concatenate([ids for ids, _ in windows]))
    assert seen[seen >= 100].tolist() == [*texts[0], *texts[1]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stride": -1}, r"`stride` must be a whole number of at least 0. Received: -1"),
        ({"stride": 1.5}, r"`stride` must be a whole number of at least 0. Received: 1.5"),
        ({"stride": True}, r"`stride` must be a whole number"),
        ({"max_windows": 0}, r"`max_windows` must be a whole number of at least 1. Received: 0"),
        ({"pool": "sum"}, r"`pool` must be one of mean, max. Received: 'sum'"),
        ({"pool": ["mean"]}, r"`pool` must be one of mean, max"),
    ],
)
def test_invalid_settings_of_windows(settings, message):
    with pytest.raises(KbertError, match=message):
        Tokenizer(PIECES, long_text="windows", windows=settings)


@pytest.mark.parametrize("windows", [{"steps": 1}, [1], "mean", 3])
def test_invalid_types_of_windows(windows):
    with pytest.raises(KbertError, match="must be Windows, or a dict of stride, max_windows, pool"):
        Tokenizer(PIECES, long_text="windows", windows=windows)
    with pytest.raises(KbertError, match="belongs to"):
        Tokenizer(PIECES, windows=windows)


def test_windows_that_share_all_their_tokens_are_refused():
    tokenizer = Tokenizer(PIECES, long_text="windows", windows=Windows(stride=6))
    with pytest.raises(KbertError, match="must be less than the 6 tokens of a text that a window"):
        tokenizer.window_split(8)
    assert tokenizer.window_split(9) is not None
    with pytest.raises(KbertError, match="must be less than the 3 tokens of a pair's longer text"):
        tokenizer.window_split(9, is_pair=True)


def test_windows_survive_a_configuration():
    windows = Windows(3, 5, "max")
    tokenizer = Tokenizer(PIECES).with_truncation("windows", windows=windows)
    again = Tokenizer.from_config(tokenizer.get_config())
    assert again.windows == windows
    assert again.fingerprint == tokenizer.fingerprint
    assert again.with_truncation("windows").windows == windows
    head = again.with_truncation("head")
    assert head.windows is None
    assert head.fingerprint == Tokenizer(PIECES).fingerprint


@pytest.mark.parametrize("stride", [None, 0, 1, 20])
@pytest.mark.parametrize("is_pair", [False, True])
def test_the_least_length_leaves_room_for_a_new_token(stride, is_pair):
    windows = Windows(stride)
    least = windows.least_length(is_pair=is_pair)
    assert WindowSplit(windows, least, is_pair=is_pair).most_tokens >= least
    if stride is not None:
        with pytest.raises(InputError, match=f"`stride` must be less than the {stride} tokens"):
            windows.check_room(least - 1, is_pair=is_pair)
