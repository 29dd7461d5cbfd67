"""A labelled set that a model is evaluated on."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kbert.data.batches import Batches
from kbert.data.class_weights import normalized
from kbert.data.reading.examples import Examples
from kbert.data.reading.row_weights import checked_weights
from kbert.errors import InputError
from kbert.findings import Cure, worded


@dataclass(frozen=True)
class EvaluationSet:
    """A labelled set that a model is evaluated on.

    Args:
        name: str.
        inputs: what `predict` takes: arrays, or Batches, the longest rows first.
        labels: array, in the order of the inputs.
        weights: float array [rows] with a mean of 1, or None: all rows count the same.
    """

    name: str
    inputs: Any
    labels: np.ndarray
    weights: np.ndarray | None = None

    @classmethod
    def from_data(cls, name: str, data: Any) -> "EvaluationSet":
        """Return a set.

        Args:
            name: str.
            data: `Batches`, or a tuple `(x, labels)` or `(x, labels, weights)`.

        Raises:
            InputError: data of another kind, or without labels.
        """
        if isinstance(data, Batches):
            if data.store.labels is None:
                raise InputError("The set {name!r} has no labels to evaluate against.", name=name)
            by_length = Batches(
                data.store,
                data.batch_size,
                order="length",
                pad_id=data.pad_id,
                few_shapes=data.few_shapes,
                weights=_normalized(name, data.weights),
                examples=data.examples,
            )
            order, weights = by_length.row_order(), by_length.weights
            in_order = None if weights is None else weights[order]
            return cls(name, by_length, data.store.labels[order], in_order)
        if isinstance(data, tuple) and len(data) in (2, 3):
            labels = _to_array(name, data[1])
            weights = data[2] if len(data) == 3 else None
            if weights is not None:
                weights = checked_weights(one_array(weights), len(labels))
            return cls(name, data[0], labels, _normalized(name, weights))
        kind = type(data).__name__
        raise InputError(
            "The set {name!r} must be Batches or a tuple (x, labels), with or without weights. "
            "Received: {kind}",
            name=name,
            kind=f"{kind} of {len(data)}" if isinstance(data, tuple) else kind,
            cure=_cure(name, data),
        )

    def check_rows(self) -> None:
        """Raise InputError unless there are rows, each with a label."""
        labels = self.labels.shape[0] if self.labels.ndim else 0
        if labels == 0:
            raise InputError("The set {name!r} has no rows.", name=self.name)
        if isinstance(self.inputs, Batches):
            return
        sizes = _row_counts(self.inputs)
        if sizes is None:
            raise InputError(
                "The inputs of the set {name!r} must be arrays, or texts. Received: {kind}",
                name=self.name,
                kind=type(self.inputs).__name__,
                cure=Cure(code="numpy.asarray(x)"),
            )
        if sizes - {labels}:
            raise InputError(
                "The set {name!r} must have as many labels as rows. Received: {labels:,} labels, "
                "and {rows} rows",
                name=self.name,
                labels=labels,
                rows=" and ".join(f"{size:,}" for size in sorted(sizes)),
            )

    def first_rows(self, rows: int = 1) -> Any:
        """Return the inputs of the first rows; of fewer rows if the first batch has fewer."""
        inputs = self.inputs[0][0] if isinstance(self.inputs, Batches) else self.inputs
        return rows_of(inputs, slice(rows))

    def head(self, rows: int) -> "EvaluationSet":
        """Return the first rows as a set without weights; fewer if the first batch has fewer."""
        inputs = self.first_rows(rows)
        (taken,) = _row_counts(inputs) or (0,)
        return EvaluationSet(self.name, inputs, self.labels[:taken])


def in_row_order(inputs: Any, outputs: np.ndarray) -> np.ndarray:
    """Return a model's outputs for the inputs of a set, in the order of the rows.

    Args:
        inputs: as in `EvaluationSet`.
        outputs: array [rows, ...], in the order of the inputs.
    """
    if not isinstance(inputs, Batches):
        return outputs
    in_order = np.empty_like(outputs)
    in_order[inputs.row_order()] = outputs
    return in_order


def _normalized(name: str, weights: np.ndarray | None) -> np.ndarray | None:
    return None if weights is None else normalized(weights, worded("the set {name!r}", name=name))


def _to_array(name: str, labels: Any) -> np.ndarray:
    """Return labels as an array, or raise InputError."""
    array = one_array(labels)
    if array is None:
        raise InputError(
            "The labels of the set {name!r} must be one array. Received: {kind}",
            name=name,
            kind=type(labels).__name__,
        )
    return array


def one_array(labels: Any) -> np.ndarray | None:
    """Return labels as an array; if they are given by output, those of the only output.

    Args:
        labels: what `fit` takes as y. For anything that is not one array, None is returned.
    """
    if isinstance(labels, dict) and len(labels) == 1:
        labels = next(iter(labels.values()))
    if isinstance(labels, list | tuple) and labels and hasattr(labels[0], "shape"):
        if len(labels) > 1 and labels[0].shape:
            return None  # the labels of several outputs
        labels = labels[0] if len(labels) == 1 else labels
    try:
        if keras.ops.is_tensor(labels):
            labels = keras.ops.convert_to_numpy(labels)
        array = np.asarray(labels)
    except (TypeError, ValueError):  # rows of different lengths
        return None
    return array if array.ndim else None


def rows_of(inputs: Any, which: slice) -> Any:
    """Return some rows of inputs: of texts, or of each array."""
    if _is_texts(inputs):
        return inputs[which]
    return keras.tree.map_structure(lambda array: array[which], inputs)


def _row_counts(inputs: Any) -> set[int] | None:
    """Return how many rows arrays or texts have; None if there is anything else among them."""
    if _is_texts(inputs):
        return {len(inputs)}
    shapes = [getattr(leaf, "shape", None) for leaf in keras.tree.flatten(inputs)]
    return {int(shape[0]) for shape in shapes if shape} if shapes and all(shapes) else None


def _is_texts(inputs: Any) -> bool:
    return isinstance(inputs, list | tuple) and all(isinstance(row, str) for row in inputs)


def _cure(name: str, data: Any) -> Cure | None:
    """Return what to do about a set of another kind, if that is known."""
    if isinstance(data, Examples):
        return Cure(code=f"EpochEvaluation({name}=model.batches(examples))")
    by_keras = Cure(code="fit(..., validation_data=...)", note="which Keras evaluates itself")
    if hasattr(data, "element_spec"):  # a tf.data.Dataset
        rows = "next(dataset.unbatch().batch(1_000_000).as_numpy_iterator())"
        return Cure(code=f"EpochEvaluation({name}={rows})", otherwise=(by_keras,))
    if isinstance(data, keras.utils.PyDataset):
        arrays = "with all its rows as arrays, in the same order"
        return Cure(code=f"EpochEvaluation({name}=(x, labels))", note=arrays, otherwise=(by_keras,))
    return None


def check_set_name(name: Any) -> None:
    """Raise InputError for a set name under which the logs could not hold scores."""
    if not isinstance(name, str) or not name:
        raise InputError(
            "The name of a set must be a string that is not empty. Received: {name!r:.80}",
            name=name,
        )
    if name == "val":
        raise InputError(
            "A set may not be named 'val': its scores would take the place of those of "
            "validation_data, which Keras logs as val_loss, val_accuracy, ...",
            cure=Cure(
                code="EpochEvaluation(dev=...)",
                otherwise=(
                    Cure(
                        code="EpochEvaluation(dev=..., val_names=True)",
                        note="for callbacks that look for these names",
                    ),
                ),
            ),
        )
