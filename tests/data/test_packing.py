import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kbert.data.packing import first_fit, pack, packed_slots, packed_width
from kbert.data.padding import pad

TEXTS = st.lists(st.integers(2, 40), min_size=1, max_size=40)


def encoded(lengths):
    """Rows as the tokenizer gives them; text t holds the ids 100 * t + 1, ..."""
    return [(100 * t + 1 + np.arange(n), n - n // 3) for t, n in enumerate(lengths)]


def test_arrays_of_a_batch():
    texts = [([2, 7, 3], 3), ([2, 8, 3, 9, 3], 3), ([2, 6, 3], 3)]
    rows = first_fit([3, 5, 3], width=8, slots=3)
    assert rows == [[1, 0], [2]]
    found = {name: array.tolist() for name, array in pack(texts, rows, 8, 3, pad_id=4).items()}
    assert found == {
        "token_ids": [[2, 8, 3, 9, 3, 2, 7, 3], [2, 6, 3, 4, 4, 4, 4, 4]],
        "segment_ids": [[0, 0, 0, 1, 1, 0, 0, 0], [0] * 8],
        "position_ids": [[0, 1, 2, 3, 4, 0, 1, 2], [0, 1, 2, 0, 0, 0, 0, 0]],
        "text_ids": [[1, 1, 1, 1, 1, 2, 2, 2], [1, 1, 1, 0, 0, 0, 0, 0]],
        "cls_tokens": [[0, 5, 0], [0, 0, 0]],
        "cls_slots": [1, 0, 3],
    }


def test_keras_counts_a_batch_by_its_texts():
    """By the first array in the order of the names."""
    import keras

    inputs = pack(encoded([3, 4, 5]), [[0, 1, 2]], 64, 4)
    assert len(keras.tree.flatten(inputs)[0]) == 3


@given(TEXTS, st.integers(1, 6))
def test_every_text_is_in_one_row_that_holds_it(lengths, slots):
    rows = first_fit(lengths, 48, slots)
    assert sorted(text for row in rows for text in row) == list(range(len(lengths)))
    assert all(sum(lengths[t] for t in row) <= 48 and 1 <= len(row) <= slots for row in rows)


@given(TEXTS)
def test_no_two_rows_would_fit_into_one(lengths):
    rows = first_fit(lengths, 48, slots=len(lengths))
    sums = [sum(lengths[t] for t in row) for row in rows]
    assert all(a + b > 48 for i, a in enumerate(sums) for b in sums[:i])


@given(TEXTS)
def test_each_text_is_the_same_as_in_a_row_of_its_own(lengths):
    texts = encoded(lengths)
    width = packed_width(np.array(lengths))
    slots = packed_slots(np.array(lengths), width)
    packed = pack(texts, first_fit(lengths, width, slots), width, slots)
    plain = pad(texts, width)
    for text, length in enumerate(lengths):
        row, slot = divmod(packed["cls_slots"][text], slots)
        begin = packed["cls_tokens"][row, slot]
        here = slice(begin, begin + length)
        for name in ("token_ids", "segment_ids"):
            np.testing.assert_array_equal(packed[name][row, here], plain[name][text, :length])
        np.testing.assert_array_equal(packed["position_ids"][row, here], np.arange(length))
        np.testing.assert_array_equal(
            np.flatnonzero(packed["text_ids"][row] == slot + 1), np.arange(begin, begin + length)
        )
    assert (packed["text_ids"] > 0).sum() == sum(lengths)


def test_rows_are_whole_tiles_wide():
    assert [packed_width(np.array([3, n])) for n in (3, 64, 65, 128)] == [64, 64, 128, 128]
    assert packed_slots(np.array([20, 30]), 64) == 6
