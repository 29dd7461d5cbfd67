"""What is kept of a row that cannot be used: the row as it is in the file."""

import json

import pandas
import pytest

from kbert import read_examples
from kbert.data.reading.row_text import as_json, cut

QUOTED = b'id,text,label\n1,fine,yes\n2,"a, b",\n3,x,y,z\n4,"bro"ken,no\n5,\xff a,no\n6,good,no\n'


def contents(path, data, **settings):
    path.write_bytes(data)
    return [row.content for row in read_examples(path, on_bad_row="skip", **settings).skipped]


def test_a_row_of_a_delimited_file(tmp_path):
    kept = ['2,"a, b",', "3,x,y,z", '4,"bro"ken,no', "5,� a,no"]
    assert contents(tmp_path / "a.csv", QUOTED) == kept


@pytest.mark.parametrize(
    ("name", "settings", "row"),
    [
        ("a.csv", {"delimiter": ";"}, '2;"a; ""b""";'),
        ("a.tsv", {"quoting": "none"}, '2\ta; "b"\t'),
    ],
)
def test_a_row_has_the_delimiter_and_the_quotes_of_its_file(tmp_path, name, settings, row):
    delimiter = row[1]
    rows = ["id,text,label".replace(",", delimiter), f"1{delimiter}x{delimiter}yes", row]
    rows += [f"3{delimiter}y{delimiter}no", ""]
    assert contents(tmp_path / name, "\n".join(rows).encode(), **settings) == [row]


@pytest.mark.parametrize(
    ("name", "around"), [("a.jsonl", "{}\n{}\n{}\n{}"), ("a.json", "[{},{},{},{}]")]
)
def test_a_row_of_objects(tmp_path, name, around):
    rows = [{"text": "é", "label": ""}, {"text": "b", "label": "x"}, {"text": "c", "label": "y"}]
    data = around.format(*(json.dumps(row, ensure_ascii=False) for row in rows), '["z"]')
    assert contents(tmp_path / name, data.encode()) == ['{"text": "é", "label": ""}', '["z"]']


def test_a_row_of_a_data_frame():
    columns = {"id": [1, 2, 3, 4], "text": ["a", None, "c, d", "e"], "label": ["x", "y", None, "y"]}
    examples = read_examples(pandas.DataFrame(columns), on_bad_row="skip")
    assert [row.content for row in examples.skipped] == ["2,,y", '3,"c, d",']


def test_a_long_row_is_cut_and_ends_in_dots():
    assert cut("ab\r\n") == "ab"
    assert cut("a" * 200) == "a" * 200
    assert cut("a" * 201) == "a" * 196 + " ..."


def test_values_nested_too_deeply_have_no_text():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert as_json(deep) == ""
