"""`kbert predict` and `evaluate` on cells that are not texts or labels, with an export."""

import csv
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.fixture
def kbert(export_folder):
    def run(verb, path, *more):
        command = [sys.executable, "-m", "kbert", verb, str(export_folder), str(path), *more]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")

    return run


@pytest.fixture
def lines(tmp_path):
    def write(*objects):
        path = tmp_path / "data.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in objects), encoding="utf-8")
        return path

    return write


def test_texts_that_are_lists_are_refused_or_skipped(kbert, lines, tmp_path):
    path = lines({"text": "story"}, {"text": ["a", "story"]}, {"text": "a moving story."})
    done = kbert("predict", path)
    assert done.returncode == 2
    assert "row 2 (line 2): the text (column 'text') is a list, not a text" in done.stderr
    assert "Traceback" not in done.stderr
    out = tmp_path / "out.csv"
    done = kbert("predict", path, "--on-bad-row", "skip", "--output", str(out))
    assert (done.returncode, "skipped: " in done.stderr) == (0, True)
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["row"] for row in csv.DictReader(file)] == ["1", "3"]


def test_lists_of_labels_do_not_affect_predictions(kbert, lines):
    path = lines({"text": "story", "label": [0]}, {"text": "mess", "label": [0, 1]})
    done = kbert("predict", path)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 3)
    done = kbert("evaluate", path)
    assert done.returncode == 2
    assert "where one class was expected" in done.stderr


def test_bytes_are_decoded(kbert, tmp_path):
    texts = ["story", "größer"]
    columns = {"text": [text.encode() for text in texts], "label": [b"high", b"low"]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    done = kbert("predict", tmp_path / "a.parquet", "--to", "jsonl")
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == texts
    done = kbert("evaluate", tmp_path / "a.parquet")
    assert (done.returncode, "2 rows" in done.stdout) == (0, True)
