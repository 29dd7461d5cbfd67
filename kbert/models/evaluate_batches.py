"""Scores of a model on labelled data."""

from typing import Any

import keras
import numpy as np

from kbert.data.batches import Batches
from kbert.errors import InputError
from kbert.results.evaluation import Evaluation


def evaluate_batches(model: keras.Model, batches: Batches) -> Evaluation:
    """Return a model's scores on labelled batches.

    Raises:
        InputError: the batches have no labels.
    """
    return evaluate_rows(model, *inputs_and_labels("batches", batches))


def evaluate_rows(model: keras.Model, inputs: Any, label_ids: np.ndarray) -> Evaluation:
    """Return a model's scores on inputs, as `predict` takes them, and their labels."""
    logits = model.predict(inputs, verbose=0)
    names = getattr(getattr(model, "labels", None), "names", None)
    shown = names or [str(number) for number in range(logits.shape[-1])]
    return Evaluation.from_logits(logits, label_ids, shown)


def inputs_and_labels(name: str, data: Any) -> tuple[Any, np.ndarray]:
    """Return inputs for `predict`, of Batches the longest first, and their labels.

    Args:
        name: str. The name of the set, for messages.
        data: `Batches`, or a tuple `(x, label_ids)`.

    Raises:
        InputError: data of another kind, or without labels.
    """
    if isinstance(data, Batches):
        if data.store.labels is None:
            raise InputError("The set {name!r} has no labels to evaluate against.", name=name)
        by_length = Batches(data.store, data.batch_size, order="length", pad_id=data.pad_id)
        return by_length, data.store.labels[by_length.row_order()]
    if isinstance(data, tuple) and len(data) == 2:
        return data[0], np.asarray(data[1])
    raise InputError(
        "The set {name!r} must be Batches or a tuple (x, label_ids). Received: {kind}",
        name=name,
        kind=type(data).__name__,
    )
