"""Rows as CSV text."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from kbert.utils.csv_text import csv_line, csv_text

CELLS = st.text(st.characters(exclude_categories=("Cs",)))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=4))
def test_a_reader_finds_the_same_cells(rows):
    assert list(csv.reader(io.StringIO(csv_text(rows), newline=""))) == rows


def test_lone_surrogates_are_replaced():
    assert csv_line(["a\ud83d", None, 1.5]) == "a\ufffd,,1.5\n"
