import pytest

from kbert.data.reading.rows import BadRow


@pytest.mark.parametrize(
    ("line", "place"), [(0, "a.parquet, row 3: "), (7, "a.parquet, row 3 (line 7): ")]
)
def test_a_bad_row_says_where_why_and_the_cure(line, place):
    row = BadRow("a.parquet", 3, line, "the text is empty", "Fill it.")
    assert str(row) == f"{place}the text is empty. Fill it."
