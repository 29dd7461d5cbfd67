"""Tables of predictions, for spreadsheets and for kbert to read back."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kbert.errors import InputError
from kbert.results.prediction_table import PredictionTable

NAMES = ("no", "yes, much", '"')
CELLS = st.floats(0, 1, width=32)


def table_of(rows=2, **changes):
    values = {
        "names": NAMES,
        "places": {"row": list(range(1, rows + 1))},
        "true": np.arange(rows) % 3,
        "outputs": np.linspace(0, 1, rows * 3, dtype=np.float32).reshape(rows, 3),
    }
    return PredictionTable(**{**values, **changes})


def test_rows_have_the_label_prediction_and_probabilities():
    table = table_of(outputs=np.array([[0.5, 0.25, 0.25], [0.125, 0.0, 0.875]], np.float32))
    assert table.to_csv() == (
        'row,label,predicted,p(no),"p(yes, much)","p("")"\n'
        "1,no,no,0.5,0.25,0.25\n"
        '2,"yes, much","""",0.125,0,0.875\n'
    )


def test_weights_come_before_outputs_and_each_number_has_a_column():
    true = np.array([[1, 0, 1], [0, 0, 0]], np.uint8)
    weighted = table_of(true=true, weights=np.array([0.1, 2], np.float32))
    header, first, _ = csv.reader(io.StringIO(weighted.to_csv()))
    names = [f"{word}({name})" for word in ("true", "p") for name in NAMES]
    assert header == ["row", *names[:3], "weight", *names[3:]]
    assert first == ["1", "1", "0", "1", "0.1", "0", "0.2", "0.4"]


@given(data=st.data(), rows=st.integers(1, 5), weighted=st.booleans(), several=st.booleans())
def test_written_tables_are_read_back(data, rows, weighted, several, tmp_path_factory):
    outputs = data.draw(arrays(np.float32, (rows, 3), elements=CELLS))
    true = data.draw(
        arrays(np.int64, (rows, 3) if several else (rows,), elements=st.integers(0, 2))
    )
    weights = data.draw(arrays(np.float32, rows, elements=CELLS)) if weighted else None
    table = table_of(rows, outputs=outputs, true=true, weights=weights, are_numbers=several)
    file = tmp_path_factory.mktemp("table") / "predictions.csv"
    table.write(file)
    again = PredictionTable.read(file, NAMES)
    np.testing.assert_array_equal(again.outputs, outputs)
    np.testing.assert_array_equal(again.true, true)
    assert again.are_numbers is several
    if weighted:
        np.testing.assert_array_equal(again.weights.astype(np.float32), weights)
    else:
        assert again.weights is None
    assert again.to_csv() == table.to_csv()


def test_pandas_reads_it(tmp_path):
    file = tmp_path / "predictions.csv"
    table_of(4).write(file)
    frame = pd.read_csv(file)
    assert frame["label"].tolist() == ["no", "yes, much", '"', "no"]
    assert frame['p(")'].dtype == np.float64


def test_tables_of_several_sets_are_joined_in_order():
    dev = table_of(2).with_place("set", "dev")
    test = table_of(1, weights=np.array([0.5])).with_place("set", "test")
    joined = PredictionTable.joined([dev, test.with_place("file", "a.csv")])
    assert joined.places["set"] == ["dev", "dev", "test"]
    assert joined.places["file"] == ["", "", "a.csv"]
    assert joined.weights.tolist() == [1, 1, 0.5]
    assert joined.take(np.array([2, 0])).places["row"] == [1, 1]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "row,label\n1,no\n",
        "row,label,predicted,p(no),p(other),p(third)\n1,no,no,1,0,0\n",
        'row,label,predicted,p(no),"p(yes, much)","p("")"\n1,maybe,no,1,0,0\n',
        'row,label,predicted,p(no),"p(yes, much)","p("")"\n1,no,no,much,0,0\n',
        'row,label,predicted,p(no),"p(yes, much)","p("")"\n1,no,no,1,0,0,0\n',
        "\x00",
    ],
)
def test_other_files_are_refused(content, tmp_path):
    file = tmp_path / "predictions.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="not a table of predictions that kbert has written"):
        PredictionTable.read(file, NAMES)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        PredictionTable.read(tmp_path / "predictions.csv", NAMES)
