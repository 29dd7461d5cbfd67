from dataclasses import replace

import numpy as np
import pytest

from kbert.results.multi_prediction import MultiPrediction
from kbert.results.number_prediction import NumberPrediction
from kbert.results.prediction import Prediction
from kbert.serving.prediction_cells import cells, header, record

ONE = Prediction.from_probabilities(np.array([0.25, 0.75]), ["no", "yes"])
UNSURE = replace(ONE, label="", abstained=True)
SEVERAL = MultiPrediction.from_probabilities(np.array([0.5, 0.75]), ["rude", "loud"], (0.4, 0.8))
NUMBERS = NumberPrediction.from_numbers(np.array([3.5, 1234567.0]), ["stars", "price"])


@pytest.mark.parametrize(
    ("prediction", "names", "values"),
    [
        (ONE, ["label", "probability", "p(no)", "p(yes)"], ["yes", "0.75", "0.25", "0.75"]),
        (
            UNSURE,
            ["label", "probability", "abstained", "p(no)", "p(yes)"],
            ["", "0.75", "true", "0.25", "0.75"],
        ),
        (SEVERAL, ["labels", "p(rude)", "p(loud)"], ["rude", "0.5", "0.75"]),
        (NUMBERS, ["stars", "price"], ["3.5", "1234567"]),
    ],
)
def test_columns_of_a_csv_file(prediction, names, values):
    assert header(prediction) == names
    assert cells(prediction) == values


def test_numbers_are_read_back_equal():
    numbers = np.random.default_rng(0).normal(0, 1, 200).astype(np.float32)
    for scale in (1e-12, 1e-3, 1, 3e7, 1e17):
        row = numbers * np.float32(scale)
        written = cells(NumberPrediction.from_numbers(row, [str(n) for n in range(len(row))]))
        assert np.array(written, np.float64).astype(np.float32).tobytes() == row.tobytes()
    shares = cells(Prediction.from_probabilities(np.array([1e-9, 1], np.float32), ["no", "yes"]))
    assert shares == ["yes", "1", "1e-09", "1"]


def test_several_labels_are_separated_by_semicolons():
    both = MultiPrediction.from_probabilities(np.array([0.5, 0.9]), ["rude", "loud"], (0.4, 0.8))
    assert cells(both)[0] == "rude;loud"


def test_a_file_without_rows():
    assert header(None) == ["label", "probability"]


def test_json_objects():
    assert record(ONE)["probabilities"] == {"no": 0.25, "yes": 0.75}
    assert "abstained" not in record(ONE)
    assert (record(UNSURE)["label"], record(UNSURE)["abstained"]) == (None, True)
    assert record(SEVERAL) == {"labels": ["rude"], "probabilities": {"rude": 0.5, "loud": 0.75}}
    assert record(NUMBERS) == {"values": {"stars": 3.5, "price": 1234567.0}}
