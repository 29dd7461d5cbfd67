import pytest

from kbert.data.window_inputs import window_inputs, window_rows


def test_the_rows_of_a_batch_and_the_texts_they_belong_to():
    texts = [[([2, 7, 8, 3], 4), ([2, 8, 9, 3], 4)], [([2, 6, 3], 3)], [([2, 6, 3, 5, 3], 3)]]
    inputs = window_inputs(texts, width=6, rows=5, slots=3, pad_id=1)
    assert next(iter(sorted(inputs))) == "own_windows"
    assert inputs["own_windows"].tolist() == [[0, 1, -1], [2, -1, -1], [3, -1, -1]]
    assert inputs["token_ids"].tolist() == [
        [2, 7, 8, 3, 1, 1],
        [2, 8, 9, 3, 1, 1],
        [2, 6, 3, 1, 1, 1],
        [2, 6, 3, 5, 3, 1],
        [1, 1, 1, 1, 1, 1],
    ]
    assert inputs["segment_ids"].sum(axis=1).tolist() == [0, 0, 0, 2, 0]
    assert inputs["padding_mask"].sum(axis=1).tolist() == [4, 4, 3, 5, 1]


@pytest.mark.parametrize(
    ("windows", "texts", "few_shapes", "rows"),
    [(93, 32, True, 96), (32, 32, True, 32), (93, 32, False, 93), (3, 1, True, 3), (7, 6, True, 7)],
)
def test_row_counts_are_few_where_each_is_compiled(windows, texts, few_shapes, rows):
    assert window_rows(windows, texts, few_shapes=few_shapes) == rows
