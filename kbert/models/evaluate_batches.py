"""Scores of a model on labelled data."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kbert.backend.between_batches import between_batches
from kbert.data.batches import Batches
from kbert.errors import InputError
from kbert.findings import Cure, Joined, worded
from kbert.models.check_batches import check_batches
from kbert.models.check_input import check_set
from kbert.models.evaluation_set import EvaluationSet
from kbert.models.model_outputs import model_outputs
from kbert.models.output_kind import OutputKind
from kbert.models.text_model import TextModel
from kbert.results.evaluation import Evaluation
from kbert.results.prediction import check_outputs
from kbert.results.scores import Scores
from kbert.utils.foreign import foreign_input

_TRIED = 32  # rows: a batch of Keras's `predict`, so that no other shape is compiled


@dataclass(frozen=True)
class JudgedSet:
    """A labelled set whose labels fit a model.

    Args:
        data: EvaluationSet.
        kind: OutputKind or None. That of the model; None for a TextModel whose target is not one
            class.
        label_ids: array [rows], or [rows, labels] if `kind` is None; of floats for numbers.
    """

    data: EvaluationSet
    kind: OutputKind | None
    label_ids: np.ndarray


def evaluate_batches(model: keras.Model, batches: Batches) -> Scores:
    """Return a model's scores on labelled batches.

    Raises:
        InputError: the batches have no labels, or not those of the model.
    """
    return evaluate_rows(model, judge_set(model, EvaluationSet.from_data("batches", batches)))[0]


def judge_set(model: keras.Model, data: EvaluationSet) -> JudgedSet:
    """Return a set with the class numbers of its labels.

    A model that is not built predicts one row, which builds it. The first rows are evaluated,
    unless they are a classifier's own batches: what fails for them now would otherwise fail at the
    end of an epoch.

    Raises:
        InputError: the model's outputs cannot be scored, the labels do not fit them, the model
            cannot take the rows, or the rows are text pairs and the model has one segment.
    """
    name = worded("The set {name!r}", name=data.name)
    if isinstance(model, TextModel):
        check_set(name, data.inputs)
    data.check_rows()
    labels = data.labels
    if isinstance(model, TextModel):
        if isinstance(data.inputs, Batches):
            check_batches(model, data.inputs, name)
        if not model.target.takes_names:
            return _judge_targets(model, data)
        classes = len(model.labels)
        is_one_hot = labels.ndim == 2 and labels.shape[1] == classes
        kind = OutputKind("one-hot" if is_one_hot else "ids", classes, from_logits=True)
    else:
        with _foreign(data):
            outputs = model_outputs(model, data.first_rows)
        kind = OutputKind.from_model(model, outputs, labels)
    judged = JudgedSet(data, kind, kind.label_ids(data.name, labels))
    if not (isinstance(model, TextModel) and isinstance(data.inputs, Batches)):
        _try(model, judged)
    return judged


def _judge_targets(model: TextModel, data: EvaluationSet) -> JudgedSet:
    """Return a set for a target other than one class per row."""
    expected = (len(data.labels), len(model.labels))
    if data.labels.shape != expected or data.labels.dtype.kind not in "iufb":
        raise InputError(
            "The labels of the set {name!r} must be numbers [rows, {labels}], for the target "
            "{kind}. Received: {dtype} {shape}",
            name=data.name,
            labels=len(model.labels),
            kind=model.target.kind,
            dtype=data.labels.dtype,
            shape=list(data.labels.shape),
        )
    judged = JudgedSet(data, None, data.labels)
    if not isinstance(data.inputs, Batches):
        _try(model, judged)
    return judged


def _try(model: keras.Model, judged: JudgedSet) -> None:
    """Evaluate the first rows of a set."""
    with _foreign(judged.data), between_batches(model):
        data = judged.data.head(_TRIED)
        label_ids = judged.label_ids[: len(data.labels)]
        evaluate_rows(model, JudgedSet(data, judged.kind, label_ids), worded("first rows"))


def _foreign(data: EvaluationSet) -> AbstractContextManager[None]:
    return foreign_input("The model cannot evaluate the set {name!r}: {reason}.", name=data.name)


def evaluate_rows(
    model: keras.Model, judged: JudgedSet, which: str = "rows"
) -> tuple[Scores, np.ndarray]:
    """Return a model's scores on a set, and its outputs [rows, ...] for it.

    The scores of a TextModel come from its logits, in one pass. The loss of any other model is what
    its own `evaluate` returns. The metrics of a running epoch stay as they are.

    Args:
        model: keras.Model.
        judged: JudgedSet.
        which: str. What messages call the rows of the set. Defaults to "rows".

    Raises:
        InputError: the model computes NaN or infinite numbers.
    """
    kind, label_ids, weights = judged.kind, judged.label_ids, judged.data.weights
    outputs = model.predict(judged.data.inputs, verbose=0)
    rows = keras.tree.flatten(outputs)[0]
    check_outputs(
        rows, of=worded("{which} of the set {name!r}", which=which, name=judged.data.name)
    )
    if isinstance(model, TextModel):
        return model.target.scores(rows, label_ids, model.labels.names, weights), rows
    assert kind is not None  # only a TextModel has none
    predicted = kind.predicted(rows, _threshold(model))
    names = [str(number) for number in range(kind.classes)]
    loss = _loss(model, judged, outputs)
    return Evaluation.from_predicted(predicted, label_ids, loss, names, weights), rows


def _loss(model: keras.Model, judged: JudgedSet, outputs: Any) -> float:
    """Return the loss that Keras computes: with label smoothing, weights, regularization, ..."""
    inputs, labels, weights = judged.data.inputs, None, None
    if not isinstance(inputs, Batches):
        weights = judged.data.weights
        assert judged.kind is not None
        targets = judged.kind.targets(judged.label_ids)
        labels = keras.tree.pack_sequence_as(outputs, [targets])
    with kept_metrics(model):
        scores = model.evaluate(inputs, labels, sample_weight=weights, verbose=0, return_dict=True)
    if "loss" not in scores:
        raise InputError(
            "The model's own test_step must return its loss as 'loss'. Received: {names}",
            names=Joined(map(repr, scores)) or "nothing",
            cure=Cure(code='return {"loss": ...}', note="in test_step"),
        )
    return float(scores["loss"])


@contextmanager
def kept_metrics(model: keras.Model) -> Iterator[None]:
    """Keep the metrics of a running epoch unchanged while something else is evaluated."""
    metrics = [(v, keras.ops.convert_to_numpy(v.value).copy()) for v in model.metrics_variables]
    try:
        yield
    finally:
        for variable, value in metrics:
            variable.assign(value)


def accuracy_note(model: keras.Model, kind: OutputKind) -> str | None:
    """Return a note if the model's own accuracy treats logits as probabilities."""
    threshold = _threshold(model)
    if kind.form != "binary" or not kind.from_logits or not threshold:
        return None
    return (
        f"note: the model's accuracy counts logits above {threshold:g} as class 1, and these "
        "scores with it. For those above 0: "
        'metrics=[keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)]'
    )


def _threshold(model: keras.Model) -> float | None:
    """Return the threshold of the model's own two-class accuracy, if it has one."""
    metrics = (m for several in model.metrics for m in getattr(several, "metrics", [several]))
    accuracies = (m for m in metrics if isinstance(m, keras.metrics.BinaryAccuracy))
    return next((float(metric.threshold) for metric in accuracies), None)
