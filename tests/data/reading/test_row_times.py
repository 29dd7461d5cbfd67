import datetime
from collections import defaultdict

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import Examples, InputError, TrainConfig, read_examples
from kbert.data.reading.row_times import read_time
from kbert.data.reading.split_units import SplitUnits
from kbert.data.reading.time_split import split_by_time, time_name
from kbert.runs.read_sets import read_sets

DAY = 86_400_000_000
ROWS = st.lists(st.tuples(st.integers(0, 30), st.integers(-9, 9)), min_size=2, max_size=80)


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("3", ("a number", 3)),
        (" -1.5 ", ("a number", -1.5)),
        (2024, ("a number", 2024)),
        ("1970-01-02", ("a date", DAY)),
        ("1970-02", ("a date", 31 * DAY)),
        ("1970-01-01 00:00:01", ("a date", 1e6)),
        ("1970-01-02T01:00:00+01:00", ("a date with a time zone", DAY)),
        ("1970-01-02T00:00:00Z", ("a date with a time zone", DAY)),
        ("0001-01-01T00:00:00+01:00", ("a date with a time zone", -62135600400000000)),
        (b"1970-01-02", ("a date", DAY)),
        (datetime.date(1970, 1, 2), ("a date", DAY)),
        (datetime.datetime(1970, 1, 2, tzinfo=datetime.UTC), ("a date with a time zone", DAY)),
        (np.datetime64("1970-01-02"), ("a date", DAY)),
        (pd.Timestamp("1970-01-02"), ("a date", DAY)),
    ],
)
def test_a_time_is_a_number_or_a_date(cell, time):
    assert read_time(cell, "t") == time


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "the time (column 't') is missing"),
        (None, "the time (column 't') is missing"),
        (pd.NaT, "the time (column 't') is missing"),
        (np.datetime64("NaT"), "the time (column 't') is missing"),
        ("31.05.2024", "the time (column 't') is neither a date nor a number: 31.05.2024"),
        ("2024-13-01", "the time (column 't') is neither a date nor a number: 2024-13-01"),
        ("inf", "the time (column 't') is neither a date nor a number: inf"),
        (True, "the time (column 't') is neither a date nor a number: True"),
        ([1], "the time (column 't') is neither a date nor a number: [1]"),
    ],
)
def test_cells_that_are_not_times_are_refused(cell, reason):
    assert str(read_time(cell, "t")) == reason


@given(ROWS, st.floats(0.05, 0.9), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_latest_texts_are_set_aside(rows, share, random):
    """Every text is as old as its first row; what is set aside is newer than the rest."""

    def dev_rows(rows):
        units = SplitUnits.find([str(text) for text, _ in rows], 0)
        return split_by_time(units, np.array([t for _, t in rows], float), share, "a.csv")

    first = {text: min(t for other, t in rows if other == text) for text, _ in rows}
    if len(set(first.values())) < 2:
        with pytest.raises(InputError, match="all rows are of one time|that occur at the first"):
            dev_rows(rows)
        return
    in_dev = dev_rows(rows)
    dev = [first[text] for (text, _), side in zip(rows, in_dev, strict=True) if side]
    training = [first[text] for (text, _), side in zip(rows, in_dev, strict=True) if not side]
    assert max(training) < min(dev)
    # No other cut between two times is closer to the share.
    cuts = [sum(first[text] >= t for text, _ in rows) for t in sorted(set(first.values()))[1:]]
    assert abs(len(dev) - share * len(rows)) == min(abs(n - share * len(rows)) for n in cuts)
    shuffled = random.sample(rows, len(rows))
    again = {text for (text, _), s in zip(shuffled, dev_rows(shuffled), strict=True) if s}
    assert again == {text for (text, _), side in zip(rows, in_dev, strict=True) if side}


def rows_of(days):
    return {
        "text": [f"text {n}" for n in range(len(days))],
        "label": ["a", "b"] * (len(days) // 2),
        "day": days,
    }


def test_a_file_with_a_column_of_dates(tmp_path):
    days = [f"2024-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(40)]
    path = tmp_path / "a.csv"
    pd.DataFrame(rows_of(days)).sample(frac=1, random_state=0).to_csv(path, index=False)
    whole = read_examples(path, split_by_time="day")
    assert str(whole.columns).endswith("time = 'day'")
    training, dev = whole.split(0.1)
    assert (len(training), len(dev)) == (36, 4)
    assert training.times.max() == np.datetime64("2024-02-08")
    assert dev.times.min() == np.datetime64("2024-02-09")
    sets = read_sets(TrainConfig(str(path), split_by_time="day"))[1]
    assert sets["dev"].source.endswith("(the latest 10% set aside, from 2024-02-09 on)")


@pytest.mark.parametrize("kind", ["parquet", "arrow", "frame", "columns"])
def test_dates_that_are_not_texts(kind, tmp_path):
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(n % 20) for n in range(40)]
    # The dates come first: reading them does not change the positions of the other columns.
    table = pa.table({"day": days, **{k: v for k, v in rows_of(days).items() if k != "day"}})
    source = {"frame": table.to_pandas(), "columns": table.to_pydict()}.get(kind)
    options = {"split_by_time": "day"}
    if source is None:
        source = tmp_path / f"a.{kind}"
        pq.write_table(table, source) if kind == "parquet" else pa.feather.write_feather(
            table, source, compression="uncompressed"
        )
        options |= {"text": 0, "label": 1}
        assert read_examples(source, text=0, label=1).columns.names == ("text", "label")
    whole = read_examples(source, **options)
    assert whole.texts[0] == "text 0"
    assert whole.split(0.1)[1].times.min() == np.datetime64("2024-01-19")


def test_times_of_two_kinds_are_refused(tmp_path):
    with pytest.raises(InputError, match="that of row 1 of columns is a date, that of row 3 of"):
        read_examples(rows_of(["2024-01-01", "2024-01-02", "7", "8"]), split_by_time="day")
    with pytest.raises(InputError, match="a date, that of row 2 of columns a date with a t"):
        read_examples(rows_of(["2024-01-01", "2024-01-02T00:00Z"]), split_by_time="day")


def test_a_row_without_a_time_is_a_bad_row():
    rows = rows_of(["1", "", "3", "4"])
    with pytest.raises(InputError, match=r"row 2: the time \(column 'day'\) is missing"):
        read_examples(rows, split_by_time="day")
    assert len(read_examples(rows, split_by_time="day", on_bad_row="skip")) == 3
    with pytest.raises(InputError, match="named both as the label and as the time"):
        read_examples(rows, split_by_time="label")


def test_groups_and_times(tmp_path):
    rows = {**rows_of(list(range(40))), "author": [n % 20 if n < 30 else n for n in range(40)]}
    training, dev = read_examples(rows, split_by_time="day", group="author").split(0.25)
    assert dev.times.tolist() == list(range(30, 40))
    authors = defaultdict(set)
    for side, part in enumerate((training, dev)):
        for group in part.groups.tolist():
            authors[group].add(side)
    assert all(len(sides) == 1 for sides in authors.values())


@pytest.mark.parametrize("times", [[1], [1, np.nan], ["a", "b"], [[1, 2]], [True, False]])
def test_times_of_examples_are_numbers_or_dates_one_per_row(times):
    with pytest.raises(InputError, match="times. must be 2 numbers or NumPy's dates, one per row"):
        Examples(["a", "b"], times=times)


def test_times_are_written_as_people_write_them():
    assert time_name(np.float64(2024)) == "2024"
    assert time_name(np.float64(0.25)) == "0.25"
    assert time_name(np.float64(1.7e9)) == "1700000000"
    assert time_name(np.datetime64("2024-05-31T00:00:00", "us")) == "2024-05-31"
    assert time_name(np.datetime64("2024-05-31T18:30:00", "us")) == "2024-05-31T18:30:00"
