import pytest

from kbert.data.reading.rows import BadRow
from kbert.findings import Cure, Problem


@pytest.mark.parametrize(
    ("line", "place"), [(0, "a.parquet, row 3: "), (7, "a.parquet, row 3 (line 7): ")]
)
def test_a_bad_row_says_where_why_and_the_cure(line, place):
    problem = Problem("the text of {column} is empty", Cure(note="fill it in"), {"column": "x"})
    row = BadRow("a.parquet", 3, line, problem)
    assert row.reason == "the text of x is empty"
    assert str(row) == f"{place}the text of x is empty. Cure: fill it in"
    skip = ', or on_bad_row="skip", to leave such rows out'
    assert str(row.to_error()) == str(row) + skip
