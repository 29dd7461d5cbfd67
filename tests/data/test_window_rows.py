"""Windows as rows: the same tokens as a text's windows, and each token of a text in one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import Examples, Tokenizer, TokenStore, Windows
from kbert.data.window_rows import WindowRows

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
untimed = settings(deadline=None)  # the first example imports what tokenizes
texts = st.lists(st.integers(1, 30), min_size=1, max_size=6)


def rows_of(lengths, pairs=None, stride=0, max_length=8):
    tokenizer = Tokenizer(PIECES).with_truncation("windows", "longest", Windows(stride, 10**6))
    words = [" ".join("abcdefghij"[n % 10] for n in range(length)) for length in lengths]
    seconds = pairs and [" ".join("j" * length) for length in pairs]
    store = TokenStore.build(Examples(words, seconds), tokenizer, max_length)
    return store, WindowRows(store)


@untimed
@given(texts, st.integers(0, 4), st.booleans())
def test_rows_are_the_windows_of_the_texts_in_their_order(lengths, stride, is_pair):
    pairs = lengths[::-1] if is_pair else None
    store, rows = rows_of(lengths, pairs, stride, max_length=16)
    expected = [window for text in range(len(store)) for window in store.windows(text)]
    assert len(rows) == len(expected) == store.window_counts.sum()
    for row, (ids, first_length) in enumerate(expected):
        found, found_first = rows[row]
        np.testing.assert_array_equal(found, ids)
        assert (found_first, len(ids)) == (first_length, rows.lengths[row])
        assert rows.first_lengths[row] == first_length
    np.testing.assert_array_equal(rows.read_tokens, rows.lengths)
    assert max(rows.lengths) <= rows.max_length


@untimed
@given(texts)
def test_without_a_stride_each_token_is_in_one_window(lengths):
    _, rows = rows_of(lengths)
    assert sum(rows.lengths) - 2 * len(rows) == sum(lengths)


def test_by_hand():
    store, rows = rows_of([3, 8], max_length=5)
    assert [rows[row][0].tolist() for row in range(4)] == [
        [2, 5, 6, 7, 3],
        [2, 5, 6, 7, 3],
        [2, 8, 9, 10, 3],
        [2, 11, 12, 3],
    ]
    assert rows.lengths.tolist() == [5, 5, 5, 4]
    assert rows.fingerprint == store.fingerprint
    with pytest.raises(IndexError):
        rows[4]
