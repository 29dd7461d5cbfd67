"""Labels that cannot be trained on are refused in one sentence, whatever their source."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kbert import read_examples
from kbert.errors import InputError
from kbert.targets.labels import Labels

TEXTS = ["A joy.", "So so.", "Dull.", "Fine."]


def _sources(tmp_path, labels):
    csv, parquet = tmp_path / "a.csv", tmp_path / "a.parquet"
    frame = pd.DataFrame({"text": TEXTS, "label": labels})
    frame.to_csv(csv, index=False)
    pq.write_table(pa.table({"text": TEXTS, "label": labels}), parquet)
    lines = tmp_path / "a.jsonl"
    rows = zip(TEXTS, labels, strict=True)
    lines.write_text("\n".join(json.dumps({"text": t, "label": label}) for t, label in rows))
    return [csv, parquet, lines, frame, (TEXTS, labels), {"text": TEXTS, "label": labels}]


def test_numbers_with_fractions_are_refused(tmp_path):
    for source in _sources(tmp_path, [1.0, 2.0, 2.5, 3.0]):
        with pytest.raises(
            InputError, match="some with fractions, the first 2.5 in row 3"
        ) as found:
            read_examples(source)
        assert found.value.cure.settings == {"target": "regression"}
        assert found.value.cure.otherwise[0].settings == {"target": "single"}


def test_decimal_commas_are_to_be_written_as_points():
    with pytest.raises(InputError, match="the first 2,5 in row 3") as found:
        read_examples((TEXTS, ["1", "2", "2,5", "3"]))
    cure = found.value.cure
    assert (cure.settings, cure.note[:18]) == ({"target": "regression"}, "after you write th")


def test_a_target_that_is_given_is_not_questioned(tmp_path):
    for source in _sources(tmp_path, [1.0, 2.0, 2.5, 3.0]):
        assert read_examples(source, target="regression").y.ravel().tolist() == [1, 2, 2.5, 3]
        names = read_examples(source, target="single").labels.names
        assert sorted(map(float, names)) == [1, 2, 2.5, 3]


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([1, 2, 3, 1], ("1", "2", "3")),
        ([1.0, 2.0, 3.0, 1.0], ("1", "2", "3")),
        (["1.5", "high", "low", "none"], ("1.5", "high", "low", "none")),
        (["v1.5", "v1.6", "v1.5", "v2"], ("v1.5", "v1.6", "v2")),
        (["1.5.0", "1.6.1", "2.0.0", "1.5.0"], ("1.5.0", "1.6.1", "2.0.0")),
    ],
)
def test_whole_numbers_and_words_are_classes(labels, names):
    assert read_examples((TEXTS, labels)).labels.names == names


@pytest.mark.parametrize(
    "labels", [["1,5", "2", "2,5", "3"], ["0.5", "1", "1.5", "n/a"], [[0.5], [1], [2], []]]
)
def test_other_ways_to_write_fractions(labels):
    with pytest.raises(InputError, match=r"some with fractions, the first (1,5|0.5) in row 1"):
        read_examples((TEXTS, labels))


def test_a_file_to_predict_may_have_any_column():
    found = read_examples((TEXTS, [0.5, 1, 2, 3]), need_label=False)
    assert len(found) == 4


def test_labels_must_be_among_the_classes_of_a_model():
    with pytest.raises(InputError, match="row 3: the label '2.5' is not one of the 2 known labels"):
        read_examples((TEXTS, [1.0, 2.0, 2.5, 1.0]), labels=Labels(("1", "2")))


COLUMNS = {"text": TEXTS, "x": [1, 0, 0, 0], "y": [0, 1, 1, 1], "z": [1, 1, 1, 1]}


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ((TEXTS, ["a"] * 4), {}, "every row has the label 'a'"),
        ((TEXTS, [2.5] * 4), {"target": "regression"}, "every row has the same number in 'label'"),
        ((TEXTS, [[]] * 4), {}, "no row has a label"),
        ((TEXTS, [""] * 4), {"target": "multi"}, "no row has a label"),
        ((TEXTS, [["b", "a"]] * 4), {}, r"every row has the same labels \('a', 'b'\)"),
        (COLUMNS, {"target": "soft", "label": "z"}, "'z' is the only column of probabilities"),
        (
            {**COLUMNS, "y": [0.5] * 4, "z": [0.5] * 4},
            {"target": "soft", "label": "y,z"},
            "every row has the same probabilities",
        ),
    ],
)
def test_identical_labels_in_all_rows_are_refused(source, options, message):
    with pytest.raises(InputError, match=message) as found:
        read_examples(source, **options)
    assert "label" in found.value.cure.settings


def test_one_column_of_several_may_be_constant():
    found = read_examples(COLUMNS, target="regression", label="x,z")
    assert found.y.tolist() == [[1, 1], [0, 1], [0, 1], [0, 1]]


def test_skipped_rows_are_mentioned():
    with pytest.raises(InputError, match=r"'label'\. 1 more were skipped, the first in row 2: the"):
        read_examples((TEXTS, [1, "n/a", 1, 1]), target="regression", on_bad_row="skip")
