"""A labelled set that a model is evaluated on."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kbert.data.batches import Batches
from kbert.errors import InputError
from kbert.findings import Cure


@dataclass(frozen=True)
class EvaluationSet:
    """A labelled set that a model is evaluated on.

    Args:
        name: str.
        inputs: what `predict` takes: arrays, or Batches, the longest rows first.
        labels: array, in the order of the inputs.
    """

    name: str
    inputs: Any
    labels: np.ndarray

    @classmethod
    def from_data(cls, name: str, data: Any) -> "EvaluationSet":
        """Return a set.

        Args:
            name: str.
            data: `Batches`, or a tuple `(x, labels)`.

        Raises:
            InputError: data of another kind, or without labels.
        """
        if isinstance(data, Batches):
            if data.store.labels is None:
                raise InputError("The set {name!r} has no labels to evaluate against.", name=name)
            by_length = Batches(data.store, data.batch_size, order="length", pad_id=data.pad_id)
            return cls(name, by_length, data.store.labels[by_length.row_order()])
        if isinstance(data, tuple) and len(data) == 2:
            return cls(name, data[0], _to_array(name, data[1]))
        kind = type(data).__name__
        raise InputError(
            "The set {name!r} must be Batches or a tuple (x, labels). Received: {kind}",
            name=name,
            kind=f"{kind} of {len(data)}" if isinstance(data, tuple) else kind,
            cure=Cure(note="leave the sample weights out") if _has_weights(data) else None,
        )

    def check_rows(self) -> None:
        """Raise InputError unless there are rows, and as many labels."""
        labels = self.labels.shape[0] if self.labels.ndim else 0
        if labels == 0:
            raise InputError("The set {name!r} has no rows.", name=self.name)
        if isinstance(self.inputs, Batches):
            return
        sizes = _row_counts(self.inputs)
        if sizes - {labels}:
            raise InputError(
                "The set {name!r} must have as many labels as rows. Received: {labels:,} labels, "
                "and {rows} rows",
                name=self.name,
                labels=labels,
                rows=" and ".join(f"{size:,}" for size in sorted(sizes)),
            )

    def first_row(self) -> Any:
        """Return the inputs of a single row."""
        inputs = self.inputs[0][0] if isinstance(self.inputs, Batches) else self.inputs
        if _is_texts(inputs):
            return inputs[:1]
        return keras.tree.map_structure(lambda array: array[:1], inputs)


def _to_array(name: str, labels: Any) -> np.ndarray:
    """Return labels as an array: those of the only output, where they come by outputs."""
    if isinstance(labels, dict) and len(labels) == 1:
        labels = next(iter(labels.values()))
    if isinstance(labels, list | tuple) and len(labels) == 1 and hasattr(labels[0], "shape"):
        labels = labels[0]
    try:
        if keras.ops.is_tensor(labels):
            labels = keras.ops.convert_to_numpy(labels)
        array = np.asarray(labels)
    except (TypeError, ValueError):  # rows of different lengths
        array = np.asarray(None)
    if array.ndim == 0:
        raise InputError(
            "The labels of the set {name!r} must be one array. Received: {kind}",
            name=name,
            kind=type(labels).__name__,
        )
    return array


def _row_counts(inputs: Any) -> set[int]:
    if _is_texts(inputs):
        return {len(inputs)}
    shapes = [getattr(leaf, "shape", None) for leaf in keras.tree.flatten(inputs)]
    return {int(shape[0]) for shape in shapes if shape}


def _is_texts(inputs: Any) -> bool:
    return isinstance(inputs, list | tuple) and all(isinstance(row, str) for row in inputs)


def _has_weights(data: Any) -> bool:
    return isinstance(data, tuple) and len(data) == 3
