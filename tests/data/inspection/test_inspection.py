"""The facts about a data set as text and as plain data."""

import json

from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.reading.read_examples import read_examples


def test_as_text_and_as_data(reviews, minilm, read, rows):
    dev = read(rows[:7], "dev.csv")
    inspection = inspect_examples(read_examples(reviews), tokenizer=minilm, max_length=8, dev=dev)
    lines = str(inspection).splitlines()
    assert lines[0] == f"{reviews}: {inspection.rows} rows"
    words = [line.split(maxsplit=1)[0] for line in lines[1:8]]
    assert words == ["script", "classes", "majority", "order", "tokens", "cut", "[UNK]"]
    assert "dev          0 of its 7 rows also occur in the training set" in lines[9]
    assert [line.split()[1] for line in lines if line.startswith("  WARNING")] == [
        finding.code for finding in inspection.findings
    ]
    data = json.loads(json.dumps(inspection.to_dict()))
    assert data["rows"] == sum(data["classes"].values()) == inspection.rows
    assert data["tokens"]["quantiles"]["100"] == inspection.lengths.quantiles[-1]
    assert data["overlaps"] == {"dev": {"rows": 7, "shared": 0}}
    assert [finding["code"] for finding in data["findings"]] == [
        finding.code for finding in inspection.findings
    ]
