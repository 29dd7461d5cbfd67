import csv
import json

import numpy as np
import pytest

from kbert.cli.predictions_format import prediction_lines
from kbert.data.reading.examples import Examples
from kbert.data.reading.source_file import SourceFile
from kbert.results.prediction import Prediction
from kbert.utils.files import write_text


@pytest.mark.parametrize("half", ["\ud800", "x\udfff"], ids=ascii)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_half_a_character_does_not_cost_the_predictions(form, half, tmp_path):
    texts = ["größer 😀", f"a {half} b", "fine"]
    prediction = Prediction.from_probabilities(np.array([0.25, 0.75]), ["bad", "good"])
    lines = prediction_lines(Examples(texts), [prediction] * 3, form)
    path = tmp_path / "out"
    write_text(path, "".join(lines))
    with path.open(encoding="utf-8", newline="") as file:
        if form == "csv":
            found = [row["text"] for row in csv.DictReader(file)]
            assert found == ["größer 😀", f"a {half[:-1]}\ufffd b", "fine"]
        else:
            assert [json.loads(line)["text"] for line in file] == texts


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_rows_of_several_files_are_told_with_their_file(form):
    files = (SourceFile("a.csv", 0), SourceFile("b.csv", 2))
    examples = Examples(["x", "y", "z"], rows=np.array([1, 2, 4]), files=files)
    prediction = Prediction.from_probabilities(np.array([0.25, 0.75]), ["bad", "good"])
    lines = list(prediction_lines(examples, [prediction] * 3, form))
    rows = csv.DictReader(lines) if form == "csv" else map(json.loads, lines)
    found = [(row["file"], int(row["row"]), row["text"]) for row in rows]
    assert found == [("a.csv", 1, "x"), ("a.csv", 2, "y"), ("b.csv", 2, "z")]
