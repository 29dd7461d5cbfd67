import csv
import datetime
import io
import json

import pandas
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from kbert import InputError, read_examples
from kbert.data.reading.kept_columns import KeptColumns
from kbert.data.reading.open_table import TableFormat
from kbert.findings import Cure, Problem

LAYOUT = TableFormat()


def kept(source, keep="all", numbers=None, check=None):
    found = KeptColumns.find(source, LAYOUT, keep, check)
    if numbers is None:
        numbers = read_examples(source, need_label=False).rows
    return found.names, list(found.rows(numbers))


def write(path, text):
    path.write_text(text, encoding="utf-8", newline="")
    return str(path)


def refusal(*arguments, **options):
    with pytest.raises(InputError) as error:
        kept(*arguments, **options)
    return str(error.value)


@pytest.fixture
def table(tmp_path):
    return write(tmp_path / "a.csv", 'id,text,label\n007, "a ",x\n008,"b\n""c""",y\n,d,x\n')


def test_all_some_and_none(table):
    every = [["007", ' "a "', "x"], ["008", 'b\n"c"', "y"], ["", "d", "x"]]
    assert kept(table) == (("id", "text", "label"), every)
    assert kept(table, "label, id") == (("label", "id"), [["x", "007"], ["y", "008"], ["x", ""]])
    assert kept(table, ["id", "id"]) == (("id",), [["007"], ["008"], [""]])
    assert kept(table, "none") == ((), [[], [], []])


def test_rows_that_are_left_out_and_rows_that_are_gone(table, tmp_path):
    assert kept(table, "id", numbers=[2]) == (("id",), [["008"]])
    found = KeptColumns.find(table, LAYOUT)
    write(tmp_path / "a.csv", "id,text,label\n007,a,x\n")
    with pytest.raises(InputError, match="a.csv has changed while it was used: its row 2 is gone"):
        list(found.rows([1, 2]))


def test_a_column_that_is_missing(table):
    told = refusal(table, "idd,text")
    assert "has no column 'idd' to keep. Did you mean 'id'? Its columns: 'id', 'text', 'la" in told
    assert 'Cure: keep_columns="id,text"' in told


def test_a_name_shared_by_two_columns(tmp_path):
    path = write(tmp_path / "a.csv", "id,text,id\n1,a,2\n")
    told = refusal(path)
    assert "has several columns 'id', and a name can keep only one of them." in told
    assert 'Cure: keep_columns="text", or rename one of them' in told
    assert kept(path, "text") == (("text",), [["a"]])
    assert "several columns 'id'" in refusal(path, "id")


def test_a_name_with_a_comma(tmp_path):
    path = write(tmp_path / "a.csv", '"a, b",text\n1,x\n')
    assert kept(path, "a, b") == (("a, b",), [["1"]])


def test_names_that_only_later_objects_have(tmp_path):
    rows = [
        {"text": "a", "n": 1},
        {"text": "b", "more": {"x": [1, None]}},
        {"more": 2, "text": "c"},
    ]
    expected = (
        ("text", "n", "more"),
        [["a", 1, None], ["b", None, {"x": [1, None]}], ["c", None, 2]],
    )
    assert kept(write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))) == expected
    assert kept(write(tmp_path / "a.json", json.dumps(rows))) == expected
    path = write(tmp_path / "b.json", json.dumps({"data": rows}))
    assert kept(path) == expected
    assert kept(path, "more")[1] == [[None], [{"x": [1, None]}], [2]]


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_columns_of_any_type_in_the_order_of_the_file(kind, tmp_path):
    days = [datetime.date(2024, 2, 29), None]
    columns = {"day": days, "text": ["a", "b"], "vector": [[0.5, 1.5], []], "n": [2**60, 1]}
    path = str(tmp_path / f"a.{kind}")
    (pq.write_table if kind == "parquet" else pa.feather.write_feather)(pa.table(columns), path)
    assert kept(path) == (
        tuple(columns),
        [list(row) for row in zip(*columns.values(), strict=True)],
    )
    assert kept(path, "vector,text")[1] == [[[0.5, 1.5], "a"], [[], "b"]]


def test_a_data_frame():
    frame = pandas.DataFrame({"text": ["a", "b"], 3: [0.5, None]})
    names, rows = kept(frame)
    assert (names, rows[0]) == (("text", "3"), ["a", 0.5])


def test_several_files_with_other_columns(tmp_path):
    write(tmp_path / "1.csv", "text,id\na,1\n")
    write(tmp_path / "2.csv", "text,note\nb,n\n\nc,o\n")
    assert kept(f"{tmp_path}/*.csv") == (
        ("text", "id", "note"),
        [["a", "1", None], ["b", None, "n"], ["c", None, "o"]],
    )
    told = refusal(f"{tmp_path}/*.csv", "nothing")
    assert "*.csv has no column 'nothing' to keep" in told


def test_an_open_file_is_read_from_its_start_again():
    stream = io.BufferedReader(io.BytesIO(b"id,text\n1,a\n2,b\n"))
    layout = TableFormat(format="csv")
    examples = read_examples(stream, need_label=False, format="csv")
    found = KeptColumns.find(stream, layout, "id")
    assert list(found.rows(examples.rows)) == [["1"], ["2"]]


def test_a_cell_that_cannot_be_kept(table):
    def check(cell):
        return Problem("a y", Cure(note="mend it")) if cell == "y" else None

    told = refusal(table, check=check)
    assert "a.csv, row 2 (line 3): the column 'label' has a y, so `keep_columns` cannot ke" in told
    assert 'Cure: mend it, or keep_columns="id,text", to leave the column out' in told
    assert len(kept(table, "id,text", check=check)[1]) == 3


def test_cells_are_those_that_csv_reads(tmp_path):
    """Odd files are covered by the readers' own tests."""
    odd = ["=1+1", " x ", "a\r\nb", '"', ",", "", "ﬁ", "-", "\t", "007"]
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["text", "odd"], *([f"t {n}", cell] for n, cell in enumerate(odd))]
        )
    assert [row[1] for row in kept(str(tmp_path / "a.csv"))[1]] == odd
