"""Which findings are possible, depending on what is known about a data set."""

import json

from inspected import severities

from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.reading.read_examples import read_examples


def test_texts_without_labels_and_without_a_tokenizer(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("A joy.\nA chore.\na joy.\n", encoding="utf-8")
    inspection = inspect_examples(read_examples(path, need_label=False))
    assert severities(inspection) == {"duplicates": "warning"}
    data = json.loads(json.dumps(inspection.to_dict()))
    assert (data["classes"], data["majority"]) == ({}, None)
    assert (data["order"], data["tokens"]) == (None, None)
    assert "majority" not in str(inspection)
