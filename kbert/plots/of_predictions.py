"""Plots of predictions: those of a run, or of any labels and predictions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.plots.a_run import AnyRun, is_run, opened
from kbert.reports.confusion_chart import confusion_chart
from kbert.reports.reported_calibration import reliability_chart
from kbert.reports.svg import Svg
from kbert.results.calibration import Calibration
from kbert.results.confusion import MAX_CLASSES
from kbert.results.prediction_table import PredictionTable
from kbert.runs.evaluated_rows import predictions_of
from kbert.runs.run_directory import RunDirectory


def confusion_matrix(
    labels_or_run: Sequence[Any] | np.ndarray | AnyRun,
    predictions: Sequence[Any] | np.ndarray | None = None,
    *,
    names: Sequence[Any] | None = None,
) -> Svg:
    """Draw a confusion matrix; with more than 20 classes, only the 20 most confused.

    Args:
        labels_or_run: sequence, the class of each row; or the directory of a run, whose best model
            is shown.
        predictions: sequence, the predicted class of each row. Defaults to None: the run's.
        names: sequence. All classes, in their order. Defaults to None: those that occur, sorted.

    Raises:
        InputError: this is not a run with one class per row; the numbers of labels and predictions
            differ; or a class is missing from `names`.

    Example:

    ```python
    confusion_matrix(["good", "bad", "bad"], ["good", "good", "bad"]).save("confusions.svg")
    ```
    """
    if is_run(labels_or_run):
        _check_alone(predictions)
        table = _table(opened(labels_or_run))
        labels, predicted = table.true, table.predicted
        classes, shown = np.arange(len(table.names)), list(table.names)
    else:
        labels, predicted = _pair(labels_or_run, predictions, "predictions")
        if names is None:
            found = {*labels.tolist(), *predicted.tolist()}
            classes = np.array(sorted(found, key=lambda one: (isinstance(one, str), one)))
        else:
            classes = np.asarray(names)
        unknown = {*labels.tolist(), *predicted.tolist()} - {*classes.tolist()}
        if unknown:
            raise InputError("`names` lacks {unknown!r}.", unknown=sorted(unknown, key=str)[0])
        shown = [str(one) for one in classes.tolist()]
    if len(shown) > MAX_CLASSES:
        raise InputError("There are {count:,} classes, too many to draw.", count=len(shown))
    from sklearn import metrics

    matrix = metrics.confusion_matrix(labels, predicted, labels=classes)
    return confusion_chart(matrix, shown)


def reliability(
    labels_or_run: Sequence[int] | np.ndarray | AnyRun,
    probabilities: Sequence[Any] | np.ndarray | None = None,
) -> Svg:
    """Draw how often predictions of about the same probability are right.

    Args:
        labels_or_run: int array [rows], the class number of each row; or the directory of a run.
        probabilities: float array [rows, classes]; or [rows], the probability of the second of two
            classes. Defaults to None: the run's.

    Raises:
        InputError: this is not a run with one class per row; or `probabilities` does not have one
            for each class in each row.

    Example:

    ```python
    drawing = reliability([1, 0, 1, 1], [0.9, 0.2, 0.6, 0.4])
    ```
    """
    if is_run(labels_or_run):
        _check_alone(probabilities)
        table = _table(opened(labels_or_run))
        return reliability_chart(Calibration.of(table.outputs, table.true))
    labels, shares = _pair(labels_or_run, probabilities, "probabilities")
    if shares.dtype.kind not in "fiu" or shares.ndim not in (1, 2):
        raise InputError(
            "`probabilities` are numbers [rows, classes]. Received: {kind} {shape}",
            kind=shares.dtype,
            shape=shares.shape,
        )
    if shares.ndim == 1:
        shares = np.stack([1.0 - shares, shares], axis=1)
    if not ((shares >= 0) & (shares <= 1)).all():  # a NaN is neither
        raise InputError("`probabilities` must lie between 0 and 1.")
    most = shares.shape[1] - 1
    if labels.dtype.kind not in "iub" or labels.min() < 0 or labels.max() > most:
        raise InputError(
            "Labels must be class numbers, from 0 to {most}. Received: {received!r}",
            most=most,
            received=next((one for one in labels.tolist() if one not in range(most + 1)), None),
        )
    return reliability_chart(Calibration.of(shares, labels.astype(int)))


def _table(run: RunDirectory) -> PredictionTable:
    table = predictions_of(run)
    if not table.is_of_classes or not len(table):
        raise InputError("The rows of {run} do not have one class each.", run=run)
    return table


def _check_alone(given: object) -> None:
    if given is not None:
        raise InputError("Pass a run, or labels and the predictions for them.")


def _pair(labels: Any, given: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and what was predicted for them, which must be equal in number."""
    if given is None:
        raise InputError("Pass `{name}` too, or a run.", name=name)
    first, second = np.asarray(labels), np.asarray(given)
    if first.ndim != 1 or not len(first) or second.ndim == 0 or len(first) != len(second):
        raise InputError(
            "There must be as many `{name}` as labels, and at least one. Received: {first} labels "
            "and {second}",
            name=name,
            first=first.shape,
            second=second.shape,
        )
    return first, second
