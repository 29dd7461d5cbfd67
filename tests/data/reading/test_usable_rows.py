import numpy as np
import pytest

from kbert.data.reading.usable_rows import cell_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(("a", "a"), (" a ", " a "), ("NaN", "NaN"), (None, ""), (float("nan"), "")),
        *((3, "3"), (3.0, "3"), (-0.5, "-0.5"), (np.float32(1), "1"), (np.int64(7), "7")),
        *((True, "True"), (np.False_, "False"), (float("inf"), "inf")),
    ],
    ids=repr,
)
def test_cells_become_text(value, text):
    assert cell_text(value) == text
