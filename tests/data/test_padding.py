import numpy as np

from kbert.data.padding import INPUTS, pad


def test_a_padded_batch():
    inputs = pad([([2, 4, 3, 5, 3], 3), (np.array([2, 3], np.int32), 2)], width=6, pad_id=9)
    assert tuple(inputs) == INPUTS
    assert {array.dtype for array in inputs.values()} == {np.dtype("int32")}
    assert inputs["token_ids"].tolist() == [[2, 4, 3, 5, 3, 9], [2, 3, 9, 9, 9, 9]]
    assert inputs["segment_ids"].tolist() == [[0, 0, 0, 1, 1, 0], [0] * 6]
    assert inputs["padding_mask"].tolist() == [[1, 1, 1, 1, 1, 0], [1, 1, 0, 0, 0, 0]]
