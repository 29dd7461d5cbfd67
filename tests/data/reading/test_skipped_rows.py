"""A share of skipped rows too large for single mistakes, wherever it is reported."""

import warnings

import numpy as np
import pytest

from kbert import SkippedRowsWarning, inspect_examples, read_examples
from kbert.data.reading.reading_options import ReadingOptions
from kbert.data.reading.skipped_rows import rows_skipped


def table(bad, good=90):
    texts = [f"A good story, number {i}." for i in range(good)]
    return [*texts, *[""] * bad], ["a", "b"] * ((good + bad) // 2)


@pytest.fixture
def german(tmp_path):
    """A file in Windows-1252, most rows of which are also valid in Windows-1255."""
    words = ["großartig", "schön", "gefällt mir", "möglich", "süß"]
    rows = [f"Es ist {words[i % 5]} ({i}),{'ab'[i % 2]}\n" for i in range(100)]
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\n" + "".join(rows), encoding="cp1252")
    return path


def test_only_more_than_a_tenth_of_the_rows_is_a_finding():
    skip = ReadingOptions(on_bad_row="skip")
    assert rows_skipped(skip.read(table(bad=10))) is None
    finding = rows_skipped(skip.read(table(bad=12)))
    assert (finding.code, finding.severity) == ("rows-skipped", "error")
    assert finding.message.startswith("12% of the rows of lists (12 of 102) cannot be used")
    assert "the first: row 91: the text (column 'text') is empty" in finding.message


@pytest.mark.parametrize("dev", [0.1, 0.5, 0.9])
def test_the_share_for_a_part_is_that_of_all_rows(dev):
    """8 of 98 are less than a tenth; of 9 training rows and these 8, they would be nearly half."""
    whole = ReadingOptions(on_bad_row="skip").read(table(bad=8))
    training, rest = whole.split(dev=dev)
    assert rows_skipped(training) is rows_skipped(rest) is None
    once_more, _ = training.split(dev=0.5)
    assert (len(once_more.skipped), once_more.rows_read) == (8, 98)
    assert whole.take(np.arange(3)).rows_read == 3
    assert "bad-rows" in [one.code for one in inspect_examples(training).findings]


def test_a_few_rows_are_a_warning():
    finding = rows_skipped(ReadingOptions(on_bad_row="skip").read(table(bad=4, good=10)))
    assert finding.severity == "warning"


def test_read_examples_warns_once():
    with pytest.warns(SkippedRowsWarning, match="12% of the rows") as caught:
        read_examples(table(bad=12), on_bad_row="skip")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_examples(table(bad=10), on_bad_row="skip")


def test_an_inspection_has_an_error_in_place_of_an_info():
    examples = ReadingOptions(on_bad_row="skip").read(table(bad=12))
    codes = {f.code: f.severity for f in inspect_examples(examples, on_bad_row="skip").findings}
    assert codes["rows-skipped"] == "error"
    assert "bad-rows" not in codes


def test_a_wrong_encoding_is_the_reason_and_the_right_one_the_cure(german):
    options = ReadingOptions(encoding="cp1255", on_bad_row="skip")
    finding = rows_skipped(options.read(german))
    assert "40 of 100" in finding.message
    assert "cp1255" in finding.message
    assert finding.cure.settings == {"encoding": "cp1252"}
    assert (
        rows_skipped(ReadingOptions(on_bad_row="skip", **finding.cure.settings).read(german))
        is None
    )
