"""Cells that are not texts or labels, in every kind of source."""

import json

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kbert.data.reading.read_examples import read_examples
from kbert.errors import InputError

TEXTS, LABELS = ["good", "bad", "fine"], ["yes", "no", "yes"]


def sources(columns, tmp_path):
    """Return the same columns as JSON Lines, a dict, a data frame and a data set."""
    return *mixed_sources(columns, tmp_path), datasets.Dataset.from_dict(columns)


def mixed_sources(columns, tmp_path):
    """Return those of these sources that can hold cells of several kinds."""
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path, columns, pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (["so", "bad"], "is a list, not a text: ['so', 'bad']. Cure: join its parts"),
        ({"en": "bad"}, "is a dict, not a text: {'en': 'bad'}. Cure: take the text out"),
        (7, "is a number, not a text: 7. Cure: store it as text"),
        (0.5, "is a number, not a text: 0.5. Cure: store it as text"),
        (True, "is a bool, not a text: True. Cure: store it as text"),
    ],
    ids=["list", "dict", "int", "float", "bool"],
)
def test_a_cell_that_is_not_a_text_is_a_bad_row(value, held, tmp_path):
    for source in sources({"text": [value] * 3, "label": LABELS}, tmp_path):
        with pytest.raises(InputError) as refusal:
            read_examples(source)
        assert "row 1" in str(refusal.value)
        assert held in str(refusal.value)
        assert "on_bad_row" in str(refusal.value)
        with pytest.raises(InputError, match=r"the text \(column 'text'\) is a"):
            read_examples(source, need_label=False)  # as `kbert predict` does
    for source in mixed_sources({"text": ["good", value, "fine"], "label": LABELS}, tmp_path):
        examples = read_examples(source, on_bad_row="skip", need_label=False)
        assert examples.texts == ["good", "fine"]
        assert [row.number for row in examples.skipped] == [2]


@pytest.mark.parametrize("labels", [[[1], [0, 1], []], [["a"], ["b"], ["a"]]], ids=["ids", "names"])
def test_lists_of_labels_are_recognized_as_several_labels(labels, tmp_path):
    path, *others = sources({"text": TEXTS, "label": labels}, tmp_path)
    parquet = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": TEXTS, "label": labels}), parquet)
    for source in (path, *others, parquet):
        for name in (None, "label"):
            with pytest.raises(InputError, match="where one class was expected") as found:
                read_examples(source, label=name, target="single")
            assert 'target="multi"' in str(found.value)
            assert read_examples(source, label=name).target.kind == "multi"
        assert read_examples(source, need_label=False).label_ids is None


def test_a_sequence_of_class_labels_is_several_labels():
    features = {
        "text": datasets.Value("string"),
        "label": datasets.Sequence(datasets.ClassLabel(names=["a", "b"])),
    }
    columns = {"text": TEXTS, "label": [[0], [1], [0, 1]]}
    data = datasets.Dataset.from_dict(columns, features=datasets.Features(features))
    examples = read_examples(data)
    assert examples.labels.names == ("a", "b")
    assert examples.y.tolist() == [[1, 0], [0, 1], [1, 1]]
    with pytest.raises(InputError, match=r"is a list, where one class was expected: \['a'\]"):
        read_examples(data, target="single")


def test_bytes_are_decoded(tmp_path):
    columns = {"text": [b"gr\xc3\xb6\xc3\x9fer", b"bad", b"fine"], "label": [b"x", b"y", b"x"]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    for source in (
        columns,
        pd.DataFrame(columns),
        (np.array(columns["text"]), np.array(columns["label"])),
        datasets.Dataset.from_dict(columns),
        tmp_path / "a.parquet",
    ):
        examples = read_examples(source)
        assert examples.texts == ["größer", "bad", "fine"]
        assert examples.labels.names == ("x", "y")


def test_bytes_in_another_encoding(tmp_path):
    columns = {"text": [b"bad", "ein schönes Café!".encode("cp1252"), b"fine"], "label": LABELS}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    for source in (columns, tmp_path / "a.parquet"):
        told = r"row 2: .* bytes that are not utf-8: 0xf6 0x6e 0x65 0x73\. Cure: e.*cp1252"
        with pytest.raises(InputError, match=told):
            read_examples(source)
        assert read_examples(source, encoding="cp1252").texts[1] == "ein schönes Café!"
    columns["text"][1] = b"\xff\x01\x02"
    with pytest.raises(InputError, match=r'0xff 0x01 0x02\. Cure: encoding="NAME", the one that'):
        read_examples(columns)
    with pytest.raises(InputError, match="must be one that Python knows"):
        read_examples(columns, encoding="utf-99")


def test_header_false_is_proposed_only_for_files_with_a_header(tmp_path):
    for source in ({"a": TEXTS, "b": LABELS}, pd.DataFrame({"a": TEXTS, "b": LABELS})):
        with pytest.raises(InputError, match='Cure: text="NAME", label="NAME"$'):
            read_examples(source)


@pytest.mark.parametrize(
    ("text", "label", "texts", "names"),
    [
        ("view", "float", ["x", "y"], ("0.1", "1.5")),
        ("large", "half", ["x", "y"], ("0.1", "1.5")),
        ("binary_view", "decimal", ["x", "y"], ("0.50", "2")),
        ("dictionary", "bool", ["u", "v"], ("False", "True")),
        ("fixed", "int8", ["x" * 16] * 2, ("-3", "5")),
    ],
)
def test_columns_of_parquet(text, label, texts, names, tmp_path):
    table = {
        "view": pa.array(["x", "y"], pa.string_view()),
        "large": pa.array(["x", "y"], pa.large_string()),
        "binary_view": pa.array(["x", "y"], pa.binary_view()),
        "dictionary": pa.array(["u", "v"]).dictionary_encode(),
        "fixed": pa.array([b"x" * 16] * 2, pa.binary(16)),
        "float": pa.array([1.5, 0.1], pa.float32()),
        "half": pa.array([1.5, 0.1], pa.float16()),
        "decimal": pa.array(["0.50", "2.00"]).cast(pa.decimal128(5, 2)),
        "bool": pa.array([True, False]),
        "int8": pa.array([5, -3], pa.int8()),
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    examples = read_examples(tmp_path / "a.parquet", text=text, label=label, target="single")
    assert (examples.texts, examples.labels.names) == (texts, names)


@pytest.mark.parametrize(
    ("options", "held"),
    [
        (
            {"label": "n"},
            "'text' holds lists, not texts. Cure: text=\"NAME\", of a column with one",
        ),
        (
            {"text": "day", "label": "n"},
            "the column 'day' holds values of type date32[day], not te",
        ),
        ({"text": "s", "label": "day"}, "'day' holds values of type date32[day], not labels"),
        (
            {"text": "struct", "label": "n"},
            "'struct' holds values of type struct<x: int64>, not te",
        ),
        ({"text": "big", "label": "n"}, "'big' holds binary values of 100 bytes, not texts"),
    ],
    ids=["list", "date", "date as label", "struct", "binary"],
)
def test_a_parquet_column_that_is_left_out_is_named(options, held, tmp_path):
    columns = {
        "text": [[0.5], [0.25]],
        "day": pa.array([1, 2], pa.date32()),
        "struct": [{"x": 1}, {"x": 2}],
        "big": pa.array([b"x" * 100] * 2, pa.binary(100)),
        "s": ["a", "b"],
        "n": [0, 1],
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(InputError) as refusal:
        read_examples(tmp_path / "a.parquet", **options)
    assert held in str(refusal.value)


def test_dates_are_neither_texts_nor_labels():
    dates = pd.to_datetime(["2020-01-02", "2021-01-02", None])
    with pytest.raises(InputError, match=r"row 1: the label .* is a datetime64, not a label: "):
        read_examples(pd.DataFrame({"text": TEXTS, "label": dates}))
    with pytest.raises(InputError, match=r"row 3: the label .* is missing"):
        read_examples(pd.DataFrame({"text": TEXTS, "label": [*LABELS[:2], dates[2]]}))
