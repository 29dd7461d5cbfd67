"""The prediction for one text, whatever the labels are."""

from kbert.results.multi_prediction import MultiPrediction
from kbert.results.number_prediction import NumberPrediction
from kbert.results.prediction import Prediction

AnyPrediction = Prediction | MultiPrediction | NumberPrediction
