import numpy as np
import pytest

from kbert import InputError
from kbert.results.prediction import Prediction, check_outputs
from kbert.serving.predictor import Predictor


def test_the_most_probable_class():
    prediction = Prediction.from_probabilities(np.array([0.25, 0.75]), ["bad", "good"])
    assert prediction == Prediction("good", 0.75, {"bad": 0.25, "good": 0.75})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinite_outputs_are_refused(value):
    rows = np.array([[0.5, 0.5], [0.5, 0.5], [value, 0.5], [value, value]])
    with pytest.raises(InputError, match="for 2 of 4 texts, the first of them number 3"):
        check_outputs(rows)
    predictor = Predictor(["bad", "good"], lambda texts, pairs, size: rows)
    for predict in (predictor.predict, predictor.predict_proba):
        with pytest.raises(InputError, match="NaN or infinite numbers"):
            predict(["a"] * 4)
    check_outputs(rows[:2])
