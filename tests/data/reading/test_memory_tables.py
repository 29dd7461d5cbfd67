"""Objects in memory and Parquet files."""

import math

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kbert.data.reading.read_examples import read_examples
from kbert.errors import KbertError

TEXTS, LABELS = ["good", "bad", "fine"], ["yes", "no", "yes"]
FEATURES = datasets.Features(
    {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["pos", "neg"])}
)


def parquet(tmp_path, columns, name="a.parquet"):
    pq.write_table(pa.table(columns), tmp_path / name, row_group_size=2)
    return tmp_path / name


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: (TEXTS, LABELS),
        lambda folder: {"label": LABELS, "text": TEXTS},
        lambda folder: {"label": np.array(LABELS), "text": np.array(TEXTS, object)},
        lambda folder: pd.DataFrame({"n": [1, 2, 3], "text": TEXTS, "label": LABELS}),
        lambda folder: pd.DataFrame({"text": TEXTS, "label": LABELS}, index=[7, 7, 9]),
        lambda folder: pd.DataFrame({"text": TEXTS, "label": pd.Categorical(LABELS)}),
        lambda folder: datasets.Dataset.from_dict({"text": TEXTS, "label": LABELS}),
        lambda folder: parquet(folder, {"text": TEXTS, "label": LABELS}),
        lambda folder: parquet(folder, {"text": TEXTS, "label": LABELS}, "a.pq"),
        lambda folder: parquet(
            folder, {"text": TEXTS, "label": pa.array(LABELS).dictionary_encode()}
        ),
    ],
    ids=[
        *("lists", "dict", "arrays", "data frame", "index", "categorical", "data set", "parquet"),
        *("pq", "dictionary"),
    ],
)
def test_every_kind_of_source(make, tmp_path):
    examples = read_examples(make(tmp_path))
    assert examples.texts == TEXTS
    assert examples.labels.names == ("no", "yes")
    assert examples.label_ids.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "names", "ids"),
    [
        ([2, 10, 2], ("2", "10"), [0, 1, 0]),
        ([2.0, 10.0, 2.0], ("2", "10"), [0, 1, 0]),
        ([0.5, 1.0, 0.5], ("0.5", "1"), [0, 1, 0]),
        ([True, False, True], ("False", "True"), [1, 0, 1]),
    ],
    ids=["int", "whole float", "float", "bool"],
)
def test_labels_that_are_not_texts(labels, names, ids, tmp_path):
    columns = {"text": TEXTS, "label": labels}
    frame = pd.DataFrame(columns)
    for source in (columns, (TEXTS, labels), frame, parquet(tmp_path, columns)):
        examples = read_examples(source, target="single")
        assert (examples.labels.names, examples.label_ids.tolist()) == (names, ids)


@pytest.mark.parametrize(
    "column",
    [
        ["1", None, "2", "1"],
        [1, None, 2, 1],
        [1.0, math.nan, 2.0, 1.0],
        pd.array([1, pd.NA, 2, 1], "Int64"),
        pd.array(["1", pd.NA, "2", "1"], "string"),
    ],
    ids=["None", "int and None", "NaN", "Int64", "string"],
)
def test_a_missing_label_is_refused_or_skipped(column):
    frame = pd.DataFrame({"text": ["a", "b", "c", "d"], "label": column})
    with pytest.raises(
        KbertError, match=r"data frame, row 2: the label .* is missing\. Cure: fill it"
    ):
        read_examples(frame)
    examples = read_examples(frame, on_bad_row="skip")
    assert (examples.texts, examples.labels.names) == (["a", "c", "d"], ("1", "2"))
    assert [row.number for row in examples.skipped] == [2]


def test_a_missing_text_is_refused():
    with pytest.raises(
        KbertError, match=r"lists, row 2: the text \(column 'text'\) is empty\. Cure: fill"
    ):
        read_examples((["a", None], [0, 1]))


def test_a_class_label_gives_its_names_and_minus_one_is_missing():
    data = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [0, 1, 0]}, FEATURES)
    examples = read_examples(data)
    assert (examples.labels.names, examples.label_ids.tolist()) == (("neg", "pos"), [1, 0, 1])
    formatted = read_examples(data.with_format("numpy"))
    assert (formatted.labels.names, formatted.label_ids.tolist()) == (("neg", "pos"), [1, 0, 1])
    data = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, -1]}, FEATURES)
    with pytest.raises(
        KbertError, match=r"data set, row 2: the label \(column 'label'\) is missing"
    ):
        read_examples(data)


@pytest.mark.parametrize("kind", [datasets.DatasetDict, dict])
def test_a_data_set_of_several_splits_is_refused(kind):
    split = datasets.Dataset.from_dict({"text": TEXTS, "label": LABELS})
    with pytest.raises(KbertError, match=r"\(train, test\).*Pass one of them: data\['train'\]"):
        read_examples(kind({"train": split, "test": split}))


def test_pairs():
    examples = read_examples((TEXTS, ["x", "y", "z"], LABELS))
    assert (examples.texts, examples.pairs) == (TEXTS, ["x", "y", "z"])
    frame = pd.DataFrame({"premise": TEXTS, "hypothesis": ["x", "y", " "], "label": LABELS})
    with pytest.raises(KbertError, match=r"row 3: the text \(column 'hypothesis'\) is empty"):
        read_examples(frame)


def test_columns_without_names_are_taken_by_position():
    frame = pd.DataFrame([["yes", "a"], ["no", "b"]])
    for text, label in (("1", "0"), (1, 0), (np.int64(1), np.int64(0))):
        examples = read_examples(frame, text=text, label=label)
        assert (examples.texts, examples.label_ids.tolist()) == (["a", "b"], [1, 0])
    frame.columns = [1, 0]
    assert read_examples(frame, text=0, label=1).texts == ["a", "b"]  # a name wins over a position
    assert read_examples((TEXTS, LABELS), text=0, label=1).texts == TEXTS


def test_names_of_several_levels():
    names = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])
    frame = pd.DataFrame([["good", "yes"], ["bad", "no"]], columns=names)
    assert read_examples(frame, text=("a", "x"), label=("a", "y")).texts == ["good", "bad"]


def test_two_columns_with_the_same_name(tmp_path):
    frame = pd.DataFrame([["a", "b", "x"], ["c", "d", "y"]], columns=["text", "text", "label"])
    table = pa.Table.from_arrays([frame.iloc[:, at] for at in range(3)], names=list(frame.columns))
    pq.write_table(table, tmp_path / "a.parquet")
    frame.to_csv(tmp_path / "a.csv", index=False)
    for source in (frame, tmp_path / "a.parquet", tmp_path / "a.csv"):
        for name in (None, "text"):
            with pytest.raises(KbertError, match=r"has 2 columns 'text'\. .*Cure: text=\"0\""):
                read_examples(source, text=name)
        assert read_examples(source, text="1").texts == ["b", "d"]
    line = '{"text": "a", "label": "x", "label": "y"}'
    (tmp_path / "a.jsonl").write_text(f"{line}\n")
    (tmp_path / "a.json").write_text(f"[{line}]")
    for name in ("a.jsonl", "a.json"):
        with pytest.raises(KbertError, match=r"line 1.*the key 'label' occurs twice"):
            read_examples(tmp_path / name)
    frame.columns = ["text", "label", "label"]
    with pytest.raises(KbertError, match=r"has 2 columns 'label'\. .*Cure: label=\"1\""):
        read_examples(frame)
    assert read_examples(frame, need_label=False).texts == ["a", "c"]


@pytest.mark.parametrize(
    "source",
    [
        ((text for text in TEXTS), iter(LABELS)),
        {"text": pa.array(TEXTS), "label": pa.chunked_array([LABELS])},
        {"text": pd.Series(TEXTS, index=[3, 1, 2]), "label": pd.Index(LABELS)},
        datasets.Dataset.from_dict({"text": TEXTS, "label": LABELS}).to_iterable_dataset(),
        datasets.Dataset.from_dict({"text": TEXTS, "label": LABELS}).with_format("numpy"),
    ],
    ids=["iterators", "Arrow", "Series", "iterable data set", "format of a data set"],
)
def test_columns_of_other_kinds(source):
    examples = read_examples(source)
    assert (examples.texts, examples.label_ids.tolist()) == (TEXTS, [1, 0, 1])


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ((TEXTS,), "(texts, labels)"),
        ((TEXTS, TEXTS, LABELS, LABELS), "a tuple of 4"),
        ((TEXTS, LABELS[:2]), "{'text': 3, 'label': 2}"),
        ({"text": TEXTS, "label": LABELS[:2]}, "{'text': 3, 'label': 2}"),
        ([("a", "b")], "Received: list"),
        (7, "Received: int"),
        (None, "Received: NoneType"),
        (("abc", LABELS), "'text' must be a list or an array. Received: a str ('abc')"),
        ((set(TEXTS[:1]), LABELS), "Received: a set ({'good'})"),
        ((None, LABELS), "Received: None (None)"),
        (
            ({"text": {0: "a"}, "label": {0: "x"}}),
            "Received: a dict ({0: 'a'}). Cure: list(columns",
        ),
        ((TEXTS, np.eye(3)), "shape (3, 3). Cure: label.argmax(axis=1), for one-hot labels"),
        ((TEXTS, np.zeros((3, 1))), "shape (3, 1). Cure: label.reshape(-1)"),
        ((np.array(TEXTS).reshape(3, 1), LABELS), "Cure: text.reshape(-1)"),
        (([], []), "at least one row"),
        ((TEXTS, ["a"] * 3), "at least two classes"),
    ],
    ids=[
        *("one", "four", "uneven", "uneven dict", "list", "int", "None", "string", "set"),
        *("None as texts", "dict as texts", "one-hot", "column vector", "texts as a column"),
        *("no rows", "one class"),
    ],
)
def test_other_objects_are_refused(source, held):
    with pytest.raises(KbertError) as refusal:
        read_examples(source)
    assert held in str(refusal.value)


ROWS = [*zip(TEXTS, LABELS, strict=True), ("dull", "no")]
COLUMNS = dict(zip(("text", "label"), map(list, zip(*ROWS, strict=True)), strict=True))


class Polars:
    """The part of pandas' interface that a polars data frame has."""

    columns = ("text", "label")

    def to_dict(self, *, as_series=True):
        assert not as_series
        return COLUMNS


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("rows", [dict(zip(("text", "label"), row, strict=True)) for row in ROWS]),
        ("rows", ROWS),
        ("table", pa.table(COLUMNS)),
        ("table", pa.RecordBatch.from_pydict(COLUMNS)),
        ("frame", Polars()),
    ],
    ids=["dicts", "tuples", "table", "batch", "polars"],
)
def test_the_cure_for_another_object_works(name, source):
    with pytest.raises(KbertError, match="Received: ") as error:
        read_examples(source)
    names = {"read_examples": read_examples, "pandas": pd, name: source}
    examples = eval(str(error.value).rpartition("Cure: ")[2], names)
    assert examples.texts == COLUMNS["text"]
    assert examples.labels.names == ("no", "yes")


@pytest.mark.parametrize("column", [bytearray(b"aba"), memoryview(b"aba")])
def test_bytes_are_not_a_column(column):
    with pytest.raises(KbertError, match="'label' must be a list or an array"):
        read_examples((TEXTS, column))


def test_broken_parquet_is_refused(tmp_path):
    path = parquet(tmp_path, {"text": TEXTS, "label": LABELS})
    data = path.read_bytes()
    for broken in (b"", b"PAR1", data[:-20], data[:4] + b"\xff" * 40 + data[44:]):
        path.write_bytes(broken)
        with pytest.raises(KbertError, match=r"a\.parquet"):
            read_examples(path)
    with pytest.raises(KbertError, match=r"no file .*none\.parquet.*beside it: a\.parquet"):
        read_examples(tmp_path / "none.parquet")
