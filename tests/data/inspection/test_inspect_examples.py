"""Each problem in a small file of real sentences, and a file without problems."""

import json

import pandas as pd
import pytest
from inspected import found, severities

from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.reading.read_examples import read_examples
from kbert.errors import InputError


def test_a_sound_file_has_no_findings(rows, read, minilm):
    dev = read([["New.", "good"], ["Newer.", "bad"]] * 25, "dev.csv")
    inspection = inspect_examples(read(rows), tokenizer=minilm, dev=dev)
    assert inspection.findings == ()
    assert (inspection.rows, inspection.skipped) == (200, 0)
    assert inspection.classes == {"bad": 100, "good": 100}
    assert inspection.majority == 1 / 2
    assert inspection.scripts == {"LATIN": 1}
    assert inspection.overlaps == {"dev": (50, 0)}
    assert str(inspection).splitlines()[-1] == "no findings"


def test_bad_rows(rows, read):
    rows[3][1] = ""
    rows[8][0] = " "
    inspection = inspect_examples(read(rows), on_bad_row="error")
    assert severities(inspection) == {"bad-rows": "error"}
    assert (inspection.rows, inspection.skipped) == (198, 2)
    message = found(inspection)["bad-rows"].message
    assert message.startswith("2 rows cannot be used, the first: row 4 (line 5): the label (col")
    assert str(inspection).splitlines()[0].endswith("reviews.csv: 198 rows, 2 bad")


def test_bad_rows_that_will_be_left_out(rows, read):
    rows[3][1] = ""
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"bad-rows": "info"}
    assert str(found(inspection)["bad-rows"].cure) == "none needed; they are left out"


@pytest.mark.parametrize("place", [0, 3, 150])
def test_train_and_inspect_name_the_same_row_and_cure(place, tmp_path):
    """After a header, blank lines, a field of several lines, and rows that are skipped."""
    lines = ["text,label", "", ""]
    lines += [f"text {n},{'good' if n % 2 else 'bad'}" for n in range(200)]
    lines[8] = '"text\nof several lines",good'
    lines[3 + place : 3 + place] = ["", "a,b,c"]
    csv_file, json_file = tmp_path / "a.csv", tmp_path / "a.jsonl"
    csv_file.write_text("\n".join(lines) + "\n,good\n", encoding="utf-8")
    objects = [json.dumps({"text": f"{n}", "label": "ab"[n % 2]}) for n in range(200)]
    objects[place:place] = ["", "{}"]
    json_file.write_text("\n".join(objects) + "\n{\n", encoding="utf-8")
    for path, number in ((csv_file, place + 1), (json_file, place + 1)):
        if path == json_file and place == 0:
            continue  # the first object names the columns
        with pytest.raises(InputError) as refusal:
            read_examples(path)
        examples = read_examples(path, on_bad_row="skip")
        finding = found(inspect_examples(examples, on_bad_row="error"))["bad-rows"]
        assert f"{path}, row {number} (line " in str(refusal.value)
        told, _, other = finding.message.partition(" 1 of them for another reason, the first: row ")
        assert other
        told = told.removeprefix("2 rows cannot be used, the first: ")
        assert f"{path}, {told} Cure: {finding.cure}" == str(refusal.value)


def test_bad_rows_of_the_development_set(rows, read):
    dev = read([["New.", "good"], ["", "bad"], ["Newer.", "bad"]], "dev.csv")
    finding = found(inspect_examples(read(rows), dev=dev, on_bad_row="error"))["bad-rows"]
    assert finding.severity == "error"
    assert finding.message.startswith("1 row of dev cannot be used, the first: row 2 (line 3): the")


def test_one_bad_row(rows, read):
    rows[3][1] = ""
    message = found(inspect_examples(read(rows)))["bad-rows"].message
    assert message.startswith("1 row cannot be used, the first: row 4 (line 5): ")


def test_errors_come_first(rows, read):
    rows = sorted(rows[:100], key=lambda row: row[1])
    rows[0][1] = ""
    dev = read(rows[1:], "dev.csv")
    inspection = inspect_examples(read(rows), dev=dev, on_bad_row="error")
    found_severities = [finding.severity for finding in inspection.findings]
    assert found_severities == ["error"] * 2 + ["warning"] * 2


@pytest.mark.parametrize("given", [None, "a.csv", pd.DataFrame({"text": ["a"]}), (["a"], ["b"])])
def test_unread_data_is_refused(given):
    with pytest.raises(InputError, match=r"Examples were expected.*Cure: kbert.read_examples"):
        inspect_examples(given)
    examples = read_examples((["a", "b"], ["x", "y"]))
    if given is not None:
        with pytest.raises(InputError, match="Examples were expected"):
            inspect_examples(examples, dev=given)
