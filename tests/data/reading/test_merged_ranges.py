from hypothesis import given
from hypothesis import strategies as st

from kbert.data.reading.merged_ranges import MergedRanges

NUMBER = st.integers(1, 6)
RANGES = st.lists(
    st.tuples(NUMBER, NUMBER, st.integers(0, 3), st.integers(0, 3)).map(
        lambda found: (found[0], found[1], found[0] + found[2], found[1] + found[3])
    ),
    max_size=4,
)


@given(RANGES)
def test_each_cell_but_the_first_of_a_range_is_hidden(ranges):
    expected = {
        (row, column - 1)
        for left, top, right, bottom in ranges
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (column, row) != (left, top)
    }
    merged = MergedRanges(ranges)
    assert {(row, at) for row in range(1, 12) for at, _ in merged.row(row)} == expected
