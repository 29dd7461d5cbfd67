"""The columns of a file of predictions, depending on what a label is."""

from typing import Any

from kbert.results.any_prediction import AnyPrediction
from kbert.results.multi_prediction import MultiPrediction
from kbert.results.number_prediction import NumberPrediction
from kbert.utils.float_cells import float_cell


def header(first: AnyPrediction | None) -> list[str]:
    """Return the names of the columns that a prediction has in a CSV file."""
    if first is None:
        return ["label", "probability"]
    if isinstance(first, NumberPrediction):
        return list(first.values)
    shares = [f"p({name})" for name in first.probabilities]
    if isinstance(first, MultiPrediction):
        return ["labels", *shares]
    abstained = [] if first.abstained is None else ["abstained"]
    return ["label", "probability", *abstained, *shares]


def cells(prediction: AnyPrediction) -> list[str]:
    """Return the cells of a prediction, as `header` names them.

    Several labels are written with semicolons between them, which `label_separator` reads.
    """
    if isinstance(prediction, NumberPrediction):
        return [float_cell(value) for value in prediction.values.values()]
    shares = [float_cell(p) for p in prediction.probabilities.values()]
    if isinstance(prediction, MultiPrediction):
        return [";".join(prediction.labels), *shares]
    abstained = [] if prediction.abstained is None else [str(prediction.abstained).lower()]
    return [prediction.label, float_cell(prediction.probability), *abstained, *shares]


def record(prediction: AnyPrediction) -> dict[str, Any]:
    """Return a prediction as a JSON object."""
    if isinstance(prediction, NumberPrediction):
        return {"values": dict(prediction.values)}
    shares = {"probabilities": dict(prediction.probabilities)}
    if isinstance(prediction, MultiPrediction):
        return {"labels": list(prediction.labels), **shares}
    label, abstained = prediction.label, prediction.abstained
    told = {} if abstained is None else {"abstained": abstained}
    found = {"label": None if abstained else label, "probability": prediction.probability}
    return {**found, **told, **shares}
