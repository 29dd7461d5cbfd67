import csv
import io
import json

import numpy as np
import openpyxl
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import InputError, KbertError, Predictor
from kbert.results.given_texts import as_texts
from kbert.serving.write_predictions import csv_lines, json_lines
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.targets.soft import Soft
from kbert.utils.float_cells import float_cell

LABELS = ("bad", "good")


def shares(texts):
    """The predictions of these tests' model: the more letters "a", the better."""
    good = np.array([text.count("a") / (1 + len(text)) for text in texts], np.float32)
    return np.stack([1 - good, good], axis=1)


def predictor(target=None, labels=LABELS):
    return Predictor(labels, lambda texts, pairs, batch: shares(as_texts(texts)[0]), target=target)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text('id,text,label\n007,aaaa,x\n008," b\n""c""",y\n', encoding="utf-8")
    return path


def written(made, name, tmp_path, **options):
    made.write(tmp_path / name, **options)
    return (tmp_path / name).read_bytes()


def csv_rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_keeps_the_columns_beside_the_predictions(table, tmp_path):
    text = written(predictor().predict_table(table), "out.csv", tmp_path).decode()
    rows = csv_rows(text)
    assert list(rows[0]) == [
        *("row", "id", "text", "label", "predicted_label", "probability", "p(bad)", "p(good)")
    ]
    assert [(row["row"], row["id"], row["text"], row["label"]) for row in rows] == [
        ("1", "007", "aaaa", "x"),
        ("2", "008", ' b\n"c"', "y"),
    ]
    assert [row["predicted_label"] for row in rows] == ["good", "bad"]
    assert [float(row["p(good)"]) for row in rows] == pytest.approx([0.8, 0.0])
    with pytest.raises(InputError, match="already exists"):
        predictor().predict_table(table).write(tmp_path / "out.csv")


def test_json_lines(table, tmp_path):
    made = predictor().predict_table(table, keep_columns="label,text")
    rows = [json.loads(line) for line in written(made, "out.jsonl", tmp_path).splitlines()]
    assert list(rows[0]) == [
        *("row", "label", "text", "predicted_label", "probability", "probabilities")
    ]
    assert rows[0]["probabilities"] == pytest.approx({"bad": 0.2, "good": 0.8})


def test_a_data_frame_in_and_out(table):
    frame = pandas.read_csv(table, dtype=str).assign(when=pandas.Timestamp("2024-02-29 10:30"))
    made = predictor().predict_table(frame)
    found = pandas.DataFrame(made)
    assert len(made) == len(found) == 2
    pandas.testing.assert_frame_equal(found[["id", "text", "label", "when"]], frame)
    assert found.predicted_label.tolist() == ["good", "bad"]
    assert found["p(good)"].tolist() == pytest.approx([0.8, 0.0])
    pandas.testing.assert_frame_equal(pandas.DataFrame(made), found)  # computed again


def test_a_workbook_in_and_out(tmp_path):
    frame = pandas.DataFrame(
        {
            "text": ["aaaa", "=1+1", " b_x000D_\r\n", "#N/A a"],
            "label": [3, 1, 1, 3],
            "code": ["007", "-", "+x", "@y"],
            "day": pandas.to_datetime(["2024-02-29", "2024-03-01", None, "1850-01-01"]),
            "n": [2**60, 1, -5, 0],
            "share": [0.1, None, 1e-7, -2.5],
            "seen": [True, False, True, False],
            "list": [[1, None], {"a": "é"}, [], None],
        }
    )
    made = predictor(labels=("1", "3")).predict_table(frame)
    made.write(tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    kinds = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row}
    assert header[:3] == ["row", "text", "label"]
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert "f" not in kinds, "a formula"
    assert "e" not in kinds, "an error"
    assert [row["text"] for row in found[:2]] == ["aaaa", "=1+1"]
    assert found[2]["text"] == " b_x005F_x000D__x000D_\n"  # as Excel writes it
    assert [row["code"] for row in found] == ["007", "-", "+x", "@y"]
    assert [row["predicted_label"] for row in found] == ["3", "1", "1", "1"]
    assert [row["n"] for row in found] == [str(2**60), 1, -5, 0]
    assert [row["share"] for row in found] == [0.1, None, 1e-7, -2.5]
    assert [row["seen"] for row in found] == [True, False, True, False]
    assert [row["list"] for row in found] == ["[1, null]", '{"a": "é"}', "[]", None]
    assert found[0]["day"] == pandas.Timestamp("2024-02-29")
    assert (found[2]["day"], found[3]["day"]) == (None, "1850-01-01T00:00:00")
    assert found[0]["probability"] == pytest.approx(0.8)
    back = predictor().predict_table(tmp_path / "out.xlsx", keep_columns=["code", "n"])
    assert [row["code"] for row in back] == frame.code.tolist()


CELL = st.text(alphabet=st.sampled_from("aé中😀\"',;=+-@ \t\r\n0_x1D"), max_size=8)
NAME = st.sampled_from(["label", "row", "p(bad)", "=x", "probability", "a,b", 'q"', "x\ny", "é"])


@given(st.lists(NAME, unique=True, max_size=4), st.data())
@settings(deadline=None)
def test_csv_round_trips_any_cell(names, data):
    columns = {name: data.draw(st.lists(CELL, min_size=2, max_size=2)) for name in names}
    made = predictor().predict_table({"text": ["some text", "a"], **columns})
    text = "".join(csv_lines(made))
    rows = csv_rows(text)
    for name, cells in columns.items():
        assert [row[name] for row in rows] == cells
    label = "predicted_label" if "label" in names else "label"
    assert [row[label] for row in rows] == ["bad", "bad"]
    assert [json.loads(line)["text"] for line in json_lines(made)] == ["some text", "a"]


@pytest.mark.parametrize(
    ("target", "own"),
    [
        (Multi(), ["labels", "p(bad)", "p(good)"]),
        (Regression(), ["bad", "good"]),
        (Soft(), ["label", "probability", "p(bad)", "p(good)"]),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_other_targets(target, own, table, tmp_path):
    made = predictor(target).predict_table(table, keep_columns="id")
    made.write(tmp_path / "out.csv")
    made.write(tmp_path / "out.xlsx")
    frame = pandas.read_csv(tmp_path / "out.csv", dtype={"id": str}, keep_default_na=False)
    assert frame.columns.tolist() == ["row", "id", *own]
    sheet = pandas.read_excel(tmp_path / "out.xlsx", dtype={"id": str}, keep_default_na=False)
    pandas.testing.assert_frame_equal(frame, sheet, check_dtype=False)
    good = sheet["good" if "good" in own else "p(good)"]
    assert good.tolist() == [float(float_cell(x)) for x in shares(["aaaa", ' b\n"c"'])[:, 1]]


def test_taken_column_names(tmp_path):
    frame = {"text": ["a"], "row": [7], "label": ["x"], "p(bad)": [1]}
    (row,) = predictor().predict_table(frame)
    assert (row["row"], row["input_row"]) == (7, 1)
    assert (row["label"], row["predicted_label"]) == ("x", "bad")
    assert (row["p(bad)"], row["predicted_p(bad)"]) == (1, 0.5)
    again = {**frame, "predicted_label": ["good"]}
    with pytest.raises(KbertError, match="the columns 'label' and 'predicted_label', so no"):
        list(predictor().predict_table(again))
    (row,) = predictor().predict_table(again, keep_columns="predicted_label")
    assert (row["predicted_label"], row["label"]) == ("good", "bad")


def test_half_a_character_does_not_lose_the_predictions(tmp_path):
    frame = {"text": ["größer 😀", "a \ud800 b"], "note": ["x\udfff", "\x01"]}
    made = predictor().predict_table(frame)
    rows = csv_rows(written(made, "a.csv", tmp_path).decode())
    assert [(row["text"], row["note"]) for row in rows] == [
        ("größer 😀", "x\ufffd"),
        ("a \ufffd b", "\x01"),
    ]
    lines = map(json.loads, written(made, "a.jsonl", tmp_path).decode().splitlines())
    assert [line["text"] for line in lines] == frame["text"]
    made.write(tmp_path / "a.xlsx")
    notes = [
        row["note"] for row in predictor().predict_table(tmp_path / "a.xlsx", keep_columns="note")
    ]
    assert notes == ["x\ufffd", "\x01"]


def test_rows_of_several_files_name_their_file(tmp_path):
    (tmp_path / "1.csv").write_text("text\na\nb\n")
    (tmp_path / "2.csv").write_text("text,file\nc,x\n")
    rows = list(predictor().predict_table(f"{tmp_path}/*.csv"))
    assert [(row["input_file"], row["row"], row["file"]) for row in rows] == [
        (str(tmp_path / "1.csv"), 1, None),
        (str(tmp_path / "1.csv"), 2, None),
        (str(tmp_path / "2.csv"), 1, "x"),
    ]


def test_cells_like_formulas_are_reported_and_kept(tmp_path, capsys):
    frame = {"text": ["=1+1 a", "-5", "-a", "x"], "note": ["", "2", "@x", "\tx"]}
    made = predictor().predict_table(frame)
    data = written(made, "a.csv", tmp_path, bom=True)
    told = capsys.readouterr().err
    assert "WARNING cells-like-formulas: In 3 rows a cell begins with =, +, -, @ or a tab" in told
    assert data.startswith(b"\xef\xbb\xbfrow,text,note,label,")
    found = pandas.read_csv(tmp_path / "a.csv", dtype=str, keep_default_na=False)
    assert found[["text", "note"]].to_dict("list") == frame
    written(made, "b.csv", tmp_path)
    assert capsys.readouterr().err == ""


def test_a_text_too_long_for_a_workbook_cell_is_refused(tmp_path):
    frame = {"text": ["a", "b" * 32_768]}
    made = predictor().predict_table(frame)
    with pytest.raises(InputError, match="row 2: the column 'text' has 32,768 characters, more"):
        made.write(tmp_path / "a.xlsx")
    assert not (tmp_path / "a.xlsx").exists()
    made.write(tmp_path / "a.csv")


def test_formats(table, tmp_path):
    made = predictor().predict_table(table)
    with pytest.raises(InputError, match="identifies none of the formats csv, jsonl, xlsx"):
        made.write(tmp_path / "a.pdf")
    with pytest.raises(InputError, match="`bom` is for CSV files, not for jsonl"):
        made.write(tmp_path / "a.jsonl", bom=True)
    with pytest.raises(InputError, match=r'than format="csv". Cure: output=".*b.csv"'):
        made.write(tmp_path / "b.xlsx", format="csv")
    with pytest.raises(InputError, match=r'kbert writes plain files. Cure: output=".*b.csv"'):
        made.write(tmp_path / "b.csv.gz")
    made.write(tmp_path / "a.txt", format="jsonl")
    assert json.loads((tmp_path / "a.txt").read_text().splitlines()[0])["id"] == "007"


def test_blocks_and_progress(tmp_path, monkeypatch):
    monkeypatch.setattr("kbert.serving.predicted_table._BLOCK", 1)
    texts = [f"a {n}" for n in range(7)]
    calls = []

    def compute(given_texts, pairs, batch_size):
        calls.append(list(given_texts))
        return shares(given_texts)

    made = Predictor(LABELS, compute).predict_table({"text": texts}, batch_size=3)
    rows = iter(made)
    assert next(rows)["text"] == "a 0"
    assert calls == [texts[:3]]  # a row is yielded before later blocks are computed
    assert [row["text"] for row in rows] == texts[1:]
    assert list(map(len, calls)) == [3, 3, 1]


def test_skipped_rows_are_available():
    source = {"id": ["1", "2", "3"], "text": ["a", " ", "b"]}
    made = predictor().predict_table(source, on_bad_row="skip")
    assert [(row.number, row.content) for row in made.skipped] == [(2, "2, ")]
    assert [row["id"] for row in made] == ["1", "3"]
    assert predictor().predict_table({"text": ["a"]}).skipped == ()
