"""Whether batches hold several classes, and whether the model tells them apart."""

import itertools
from typing import Any

import keras
import numpy as np

from kbert.data.batches import Batches
from kbert.data.inspection.batch_classes import BatchClasses, single_class_share
from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.findings import Cure, Finding, Option
from kbert.models.evaluation_set import EvaluationSet, one_array, rows_of
from kbert.models.labels_outside import labels_outside, output_kind

_BATCHES = 20  # read from data whose labels are not known beforehand

_SHUFFLE = Cure(
    code='kbert.Batches(store, order="shuffled")',
    otherwise=(Cure(note="shuffle all rows before batching"),),
)


class LabelWatch:
    """The labels of a training set's batches, and a batch on which to try the model.

    Args:
        data: `Batches`, another `PyDataset`, a `tf.data.Dataset`, or `(x, labels)`, with or without
            sample weights.
        batch_size: int. Rows per batch of `(x, labels)`.
    """

    def __init__(self, data: Any, batch_size: int) -> None:
        self._found = BatchClasses.from_labels([], 1)
        self._inputs: Any = None
        self._labels = np.zeros(0, int)
        self._given = np.zeros(0, int)  # as they are, of all rows that are known
        if isinstance(data, Batches):
            if data.store.labels is None or data.store.labels.ndim > 1:  # no classes of rows
                return
            self._given = data.store.labels
            sample = data.sample()
            labels = [data.store.labels[data.rows(index)] for index in sample]
            classes = np.unique(np.concatenate(labels))
            numbered = (np.searchsorted(classes, ids) for ids in labels)
            self._found = BatchClasses.from_labels(numbered, len(classes))
            self._inputs, self._labels, *_ = data[sample[int(self._found.present.argmax())]]
            return
        pairs = [pair for pair in _batches(data, batch_size) if _has_labels(pair)]
        given = [np.asarray(keras.ops.convert_to_numpy(pair[1])) for pair in pairs]
        if not given or any(labels.dtype.kind not in "biuf" for labels in given):
            return
        whole = one_array(data[1]) if isinstance(data, tuple) else None
        self._given = np.concatenate(given) if whole is None else whole
        label_ids = [_ids(labels) for labels in given]
        classes = np.unique(np.concatenate(label_ids))  # any numbers, such as -1 and 1
        numbered = (np.searchsorted(classes, ids) for ids in label_ids)
        self._found = BatchClasses.from_labels(numbered, len(classes))
        most = int(self._found.present.argmax())
        # As NumPy arrays: tf.data yields TensorFlow's tensors, which JAX and torch do not take.
        self._inputs = keras.tree.map_structure(np.asarray, pairs[most][0])
        self._labels = label_ids[most]

    def outside(self, model: keras.Model) -> list[Finding]:
        """Return the error that labels lie outside the classes of a model."""
        if not len(self._given) or self._given.dtype.kind not in "biuf":
            return []
        return labels_outside(model, "training", self._given, self._first_row)

    def _first_row(self) -> Any:
        return keras.tree.map_structure(lambda array: array[:1], self._inputs)

    def findings(self) -> list[Finding]:
        """Return the finding that more batches hold a single class than chance would have it."""
        share, chance = single_class_share(self._found)
        if share < 0.2 or share < 2 * chance:
            return self._one_class(share)
        return [
            Finding(
                "single-class-batches",
                "warning",
                "{share:.0%} of the batches hold a single class; in random order {chance:.0%} "
                "would. The model chases whichever class it currently sees.",
                _SHUFFLE,
                {"share": share, "chance": chance},
            )
        ]

    def _one_class(self, share: float) -> list[Finding]:
        if share < 1 or len(self._found) < 2:
            return []
        return [
            Finding(
                "single-class-batches",
                "warning",
                "The first {batches} batches all hold the same class.",
                _SHUFFLE,
                {"batches": len(self._found)},
            )
        ]

    def judge(self, model: Any) -> list[Finding]:
        """Return the finding that the model predicts one class for all rows of a mixed batch."""
        present, counts = np.unique(self._labels, return_counts=True)
        if len(present) < 2 or counts.max() > 0.9 * counts.sum() or len(self._labels) < 8:
            return []
        outputs = model.predict_on_batch(self._inputs)
        kind = output_kind(model, self._given)
        if kind is not None:
            predicted = kind.predicted(keras.tree.flatten(outputs)[0])
        else:
            predicted = _ids(outputs)
        if len(np.unique(predicted)) > 1:
            return []
        names = getattr(getattr(model, "labels", None), "names", None)
        label = repr(names[predicted[0]]) if names else predicted[0]
        return [
            Finding(
                "one-class-predicted",
                "warning",
                "The model predicts {label} for all {rows} rows of a training batch with {classes} "
                "classes.",
                Cure(
                    note="more {epochs}, or another {learning_rate}",
                    values={"epochs": Option("epochs"), "learning_rate": Option("learning_rate")},
                ),
                {"label": label, "rows": len(predicted), "classes": len(present)},
            )
        ]


def _batches(data: Any, batch_size: int) -> list[Any]:
    """Return the first batches of data in any form that `fit` takes and can read again."""
    if isinstance(data, keras.utils.PyDataset):
        return [data[index] for index in range(min(len(data), _BATCHES))]
    if isinstance(data, tuple) and len(data) in (2, 3):
        x, labels = data[0], one_array(data[1])
        if labels is None:  # none, or those of several outputs
            return []
        EvaluationSet("data", x, labels).check_rows()
        starts = range(0, min(len(labels), _BATCHES * batch_size), batch_size)
        parts = [slice(start, start + batch_size) for start in starts]
        return [(rows_of(x, part), labels[part]) for part in parts]
    if hasattr(data, "take") and hasattr(data, "element_spec"):  # a tf.data.Dataset
        return list(itertools.islice(data, _BATCHES))
    raise InputError(
        "{option} must be Batches, another PyDataset, a tf.data.Dataset or a tuple (x, labels). "
        "Received: {kind}",
        option=Option("data"),
        kind=type(data).__name__,
        cure=Cure(code="PlanGuard(plan, data=model.batches(examples, plan))")
        if isinstance(data, Examples)
        else Cure(code="PlanGuard(plan, data=(x, labels))"),
    )


def _has_labels(batch: Any) -> bool:
    """Whether a batch is a tuple whose second part is one array of labels, and not one row."""
    if not isinstance(batch, tuple) or len(batch) < 2:
        return False
    return len(getattr(batch[1], "shape", ())) > 0


def _ids(labels: Any) -> np.ndarray:
    """Return class numbers of integer labels, of one-hot labels, or of logits."""
    labels = keras.ops.convert_to_numpy(labels)
    if labels.ndim > 1 and labels.shape[-1] > 1:
        return labels.argmax(axis=-1).reshape(-1)
    if labels.dtype.kind == "f" and not np.all(labels == labels.round()):
        labels = labels > 0.5  # the probability of a binary classifier
    return labels.reshape(-1).astype(int)
