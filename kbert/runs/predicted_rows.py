"""Labelled rows with what a model predicts for them."""

from kbert.data.reading.examples import Examples, check_examples
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.runs.evaluated_rows import EvaluatedRows
from kbert.runs.run_predictions import prediction_table
from kbert.serving.predictor import Predictor


def predicted_rows(predictor: Predictor, data: Examples, batch_size: int) -> EvaluatedRows:
    """Return labelled rows with what a model predicts for them.

    Args:
        predictor: Predictor.
        data: Examples, read with the model's labels.
        batch_size: int. Rows that are predicted at once.

    Raises:
        InputError: they are not labelled examples, or have other labels.
    """
    check_examples(data)
    if data.y is None or data.labels is None or not len(data):
        raise InputError("{source} has no labelled rows.", source=data.source)
    if data.labels.names != tuple(predictor.labels) or data.target.kind != predictor.target.kind:
        raise InputError(
            "{data} was read with labels other than the model's {names}.",
            data=Option("data"),
            names=predictor.labels,
            cure=Cure(code="kbert.read_examples(..., labels=kbert.Labels(predictor.labels))"),
        )
    outputs = predictor.predict_proba(data.texts, data.pairs, batch_size)
    table = prediction_table(data, outputs, predictor.target)
    return EvaluatedRows(data.source, predictor.target, table, data)
