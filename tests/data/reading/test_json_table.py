import json
import pathlib
import re
import tracemalloc

import pytest

from kbert import KbertError, read_examples

TEXTS, LABELS = ["good", 'said "no"\n', "schön, 不错"], ["x", "y", "x"]
ROWS = [{"text": a, "label": b} for a, b in zip(TEXTS, LABELS, strict=True)]
FRAMES = {
    "records": ROWS,
    "columns": {"text": dict(enumerate(TEXTS)), "label": dict(enumerate(LABELS))},
    "index": {str(n): row for n, row in enumerate(ROWS)},
    "split": {
        "columns": ["text", "label"],
        "index": [0, 1, 2],
        "data": [[row["text"], row["label"]] for row in ROWS],
    },
    "table": {"schema": {"fields": [{"name": "text"}], "pandas_version": "1.4.0"}, "data": ROWS},
    "lists": {"text": TEXTS, "label": LABELS},
    "an answer": {"meta": {"count": 3}, "rows": ROWS},
}


def read(path, data, **options):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    examples = read_examples(path, **options)
    return examples.texts, [examples.labels.names[i] for i in examples.label_ids]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", FRAMES)
def test_the_forms_of_a_data_frame(name, indent, tmp_path):
    data = json.dumps(FRAMES[name], indent=indent, ensure_ascii=indent is None)
    assert read(tmp_path / "a.json", data) == (TEXTS, LABELS)


@pytest.mark.parametrize("orient", ["records", "columns", "index", "split", "table"])
def test_what_pandas_writes(orient, tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": TEXTS, "label": LABELS})
    frame.to_json(tmp_path / "a.json", orient=orient)
    assert read(tmp_path / "b.json", (tmp_path / "a.json").read_bytes()) == (TEXTS, LABELS)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", " "])
def test_json_lines_under_another_name(end, tmp_path):
    data = "".join(json.dumps(row) + end for row in ROWS)
    assert read(tmp_path / "a.json", data) == (TEXTS, LABELS)
    assert read(tmp_path / "b.json", b"\xef\xbb\xbf" + data.encode()) == (TEXTS, LABELS)


def test_an_array_is_read_row_by_row(tmp_path):
    path = tmp_path / "a.json"
    rows = [{"text": f"text {n} " + "word " * 200, "label": "xy"[n % 2]} for n in range(20_000)]
    path.write_text(json.dumps([{**row, "more": "z" * 1000} for row in rows]))
    tracemalloc.start()
    try:
        examples = read_examples(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert examples.texts == [row["text"] for row in rows]
    assert peak < 3 * sum(map(len, examples.texts)) < 2 * path.stat().st_size


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "contains no rows"),
        (" \n", "contains no rows"),
        ("[]", "contains no rows"),
        ('[{"text": "a", "label": "x"}, {"text": "b"', "line 1: broken JSON"),
        ('[\n{"text": "a", "label": "x"},\n{"text": b}]', "line 3: broken JSON"),
        ('[{"text": "a", "label": "x"}', "ends inside its array, after 1 rows"),
        ('[{"text": "a", "label": "x"}] [1]', "there is more after the array"),
        ("[1, 2]", r"row 1 .*a JSON object was expected. Received: int"),
        ('{"a": {"b": 1}, "c": {"d": 2}}', "holds one JSON object .*save the rows as JSON Lines"),
        ("text,label\na,x\n", "is not JSON: it begins with 'text,label"),
        ('[{"text": "a", "text": "b", "label": "x"}]', "'text' occurs twice"),
        ("[" * 100_000, "line 1: broken JSON"),
        ('[{"text": ' + "[" * 100 + "]" * 100 + "}]", "row 1"),
    ],
)
def test_refusals(data, message, tmp_path):
    with pytest.raises(KbertError, match=message):
        read(tmp_path / "a.json", data)


def test_another_encoding(tmp_path):
    rows = [{"text": f"很好看 {n}", "label": "好坏"[n % 2]} for n in range(9)]
    data = json.dumps(rows, ensure_ascii=False).encode("gb18030")
    with pytest.raises(KbertError, match='is not utf-8. Cure: encoding="gb18030"'):
        read(tmp_path / "a.json", data)
    texts = [row["text"] for row in rows]
    assert read(tmp_path / "a.json", data, encoding="gb18030")[0] == texts
    data = json.dumps(ROWS).encode("utf-16")
    assert read(tmp_path / "b.json", data, encoding="utf-16") == (TEXTS, LABELS)


def test_a_list_of_rows_beside_other_values_is_pointed_out(tmp_path):
    rows = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"status": "ok", "count": 2, "data": rows}))
    with pytest.raises(KbertError, match="holds one JSON object, whose list 'data' seems to hold"):
        read_examples(path)
    path.write_text(json.dumps({"text": "one row", "spans": rows}))
    assert list(read_examples(path, need_label=False).texts) == ["one row"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_suggested_code_writes_the_rows_with_nested_values(tmp_path, monkeypatch, encoding):
    rows = [{"body": {"text": "schön"}, "label": "x"}, {"body": {"text": "b"}, "label": "y"}]
    monkeypatch.chdir(tmp_path)
    with open("a.json", "w", encoding=encoding) as file:
        json.dump({"count": 2, "data": rows}, file, ensure_ascii=False)
    with pytest.raises(KbertError) as error:
        read_examples("a.json", encoding=encoding)
    code = re.search(r"as CSV: (.*)$", str(error.value))[1]
    pandas = pytest.importorskip("pandas")
    exec(code, {"pandas": pandas, "json": json, "pathlib": pathlib})
    examples = read_examples("rows.csv", text="body.text", label="label")
    assert list(examples.texts) == ["schön", "b"]
