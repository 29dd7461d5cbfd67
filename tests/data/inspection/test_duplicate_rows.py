"""All rows whose text occurs more than once, as they are written to a file."""

import csv
import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kbert import read_examples
from kbert.data.inspection.duplicate_rows import duplicate_rows, duplicates_table, label_cell
from kbert.data.inspection.duplicates import find_duplicates, text_keys


def test_groups_are_in_the_order_of_their_first_rows():
    texts = ["b", "a", "A ", "c", "B", "a"]
    rows = list(duplicate_rows({"train": read_examples((texts, list("xyyxzx")))}))
    found = [(row["group"], row["row"], row["label"], row["conflicting"]) for row in rows]
    assert found == [
        (1, 1, "x", "yes"),
        (1, 5, "z", "yes"),
        (2, 2, "y", "yes"),
        (2, 3, "y", "yes"),
        (2, 6, "x", "yes"),
    ]


def test_pairs_are_compared_as_a_whole_and_sets_are_named():
    names = {"text": "text", "pair": "pair"}
    train = read_examples({"text": ["a", "a"], "pair": ["b", "c"], "label": ["x", "y"]}, **names)
    table = {"text": ["A", "d"], "pair": ["b", "e"], "label": ["x", "y"]}
    dev = read_examples(table, labels=train.labels, **names)
    rows = list(duplicate_rows({"train": train, "dev": dev}))
    assert [(row["set"], row["row"], row["pair"], row["conflicting"]) for row in rows] == [
        ("train", 1, "b", "no"),
        ("dev", 1, "b", "no"),
    ]


def test_rows_of_several_files_name_their_file(tmp_path):
    for name in ("part-1.csv", "part-2.csv"):
        (tmp_path / name).write_text("text,label\nsame,x\nother " + name + ",y\n")
    rows = list(duplicate_rows({"train": read_examples(str(tmp_path / "part-*.csv"))}))
    assert [(row["file"][-10:], row["row"]) for row in rows] == [
        ("part-1.csv", 1),
        ("part-2.csv", 1),
    ]


def test_labels_of_every_target():
    texts = ["a", "a"]
    several = read_examples((texts, [["x", "y"], []]), target="multi")
    assert [label_cell(several, at) for at in (0, 1)] == ["x;y", ""]
    numbers = read_examples({"text": texts, "n": [1.5, 2.0]}, label="n", target="regression")
    assert [label_cell(numbers, at) for at in (0, 1)] == ["1.5", "2"]
    soft = read_examples(
        {"text": texts, "p": [0.25, 1], "q": [0.75, 0]}, label="p,q", target="soft"
    )
    assert label_cell(soft, 0) == "p=0.25;q=0.75"
    assert [row["conflicting"] for row in duplicate_rows({"train": soft})] == ["yes", "yes"]


def test_a_lone_surrogate_is_written_as_a_replacement_character():
    table, count = duplicates_table({"train": read_examples((["\ud800", "\ud800"], ["x", "y"]))})
    assert count == 2
    assert next(csv.DictReader(io.StringIO(table)))["text"] == "\ufffd"
    nothing, count = duplicates_table({"train": read_examples((["a", "b"], ["x", "y"]))})
    assert (nothing, count) == ("group\n", 0)


@given(st.lists(st.tuples(st.sampled_from("aAbBcd"), st.sampled_from("xyz")), min_size=1))
def test_duplicate_rows_agree_with_the_counts(rows):
    texts, labels = zip(*rows, ("e", "x"), ("f", "y"), strict=True)
    examples = read_examples((list(texts), list(labels)))
    counted = find_duplicates(text_keys(examples), examples.y)
    found = list(duplicate_rows({"train": examples}))
    groups = [row["group"] for row in found]
    assert len(found) - len(set(groups)) == counted.repeated
    assert sum(row["conflicting"] == "yes" for row in found) == counted.conflicting
    assert np.all(np.diff(groups) >= 0)
