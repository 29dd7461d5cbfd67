"""Finds labels that lie outside a model's classes."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure, Finding
from kbert.models.class_numbers import numbers_outside
from kbert.models.model_outputs import model_outputs
from kbert.models.output_kind import OutputKind


def labels_outside(
    model: keras.Model,
    name: str,
    labels: np.ndarray,
    first_row: Callable[[], Any] | None = None,
) -> list[Finding]:
    """Return an error for labels outside the classes; nothing if the loss takes no class numbers.

    Args:
        model: keras.Model, compiled.
        name: str. The set of the labels: "training" or "validation".
        labels: array of numbers.
        first_row: function that returns the inputs of one row, for a model that does not know its
            outputs. Defaults to None: such a model is not checked.
    """
    kind = output_kind(model, labels, first_row)
    is_column = labels.ndim == 2 and labels.shape[1] == 1
    if kind is None or kind.form == "one-hot" or not (labels.ndim == 1 or is_column):
        return []
    labels = labels.reshape(-1)
    if kind.form == "binary":  # smoothed labels lie between 0 and 1
        outside = ~((labels >= 0) & (labels <= 1))
    else:
        outside = numbers_outside(labels, kind.classes)
    if kind.ignored is not None:
        outside &= labels != kind.ignored
    if not outside.any():
        return []
    first = int(outside.argmax())
    return [
        Finding(
            "labels-outside",
            "error",
            "{count:,} of {rows:,} {name} labels are not whole numbers from 0 to {last}, as the "
            "model's {classes} classes are: {value} in row {row:,}. Part of the loss would be 0, "
            "or NaN.",
            Cure(
                note="number the classes from 0, and leave out rows without one",
                otherwise=(Cure(note="a model with more classes"),),
            ),
            {
                "count": int(outside.sum()),
                "rows": len(labels),
                "name": name,
                "last": kind.classes - 1,
                "classes": kind.classes,
                "value": labels[first].item(),
                "row": first,
            },
        )
    ]


def output_kind(
    model: keras.Model, labels: np.ndarray, first_row: Callable[[], Any] | None = None
) -> OutputKind | None:
    """Return what a model's labels mean, if its loss determines it, else None.

    Args:
        model: keras.Model, compiled.
        labels: array.
        first_row: function that returns the inputs of one row, for a model that does not know its
            outputs. Defaults to None: such a model is not checked.
    """
    if first_row is None and not hasattr(model, "outputs"):
        return None
    try:
        outputs = model.outputs if first_row is None else model_outputs(model, first_row)
        return OutputKind.from_model(model, outputs, labels)
    except InputError:
        return None
