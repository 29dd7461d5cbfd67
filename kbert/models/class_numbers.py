"""Converts labels to class numbers, and refuses labels that have none."""

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure


def class_numbers(
    name: str, labels: np.ndarray, classes: int, ignored: int | None = None
) -> np.ndarray:
    """Return the class numbers of labels that are numbers.

    Args:
        name: str. The name of their set, for messages.
        labels: array [rows] or [rows, 1].
        classes: int.
        ignored: int or None. The label whose rows the loss leaves out. It is refused. Defaults to
            None.

    Raises:
        InputError: labels of another shape or kind, or outside the classes.
    """
    _check_numbers(name, labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise _wrong_shape(name, labels, "[rows] or [rows, 1]")
    outside = numbers_outside(labels, classes)
    if ignored is not None:
        outside |= labels == ignored
    if outside.any():
        row = int(outside.argmax())
        raise InputError(
            "The labels of the set {name!r} must be whole numbers from 0 to {last}. Received: "
            "{value} in row {row:,}, {count:,} such rows in all.",
            name=name,
            last=classes - 1,
            value=labels[row],
            row=row,
            count=int(outside.sum()),
            cure=Cure(note="leave these rows out of the set, or give the model a class for them"),
        )
    return labels.astype(np.int32)


def classes_of_one_hot(name: str, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the class numbers of one-hot labels.

    Args:
        name: str. The name of their set, for messages.
        labels: array [rows, classes].
        classes: int.

    Raises:
        InputError: labels of another shape or kind, or rows that are not of one class.
    """
    _check_numbers(name, labels)
    if labels.ndim != 2 or labels.shape[1] != classes:
        raise _wrong_shape(name, labels, f"[rows, {classes}], a column per class")
    wrong = (labels == 1).sum(axis=1) != 1
    wrong |= ((labels != 0) & (labels != 1)).any(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            "The labels of the set {name!r} must be one-hot: a 1 in the column of the class, 0 "
            "in all others. Received: {values} in row {row:,}, {count:,} such rows in all.",
            name=name,
            values=labels[row, :20].tolist(),
            row=row,
            count=int(wrong.sum()),
            cure=Cure(note="leave out rows without a single class"),
        )
    return labels.argmax(axis=1).astype(np.int32)


def numbers_outside(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return which labels [rows] are not whole numbers from 0 to classes - 1."""
    if labels.dtype.kind != "f":
        return np.asarray((labels < 0) | (labels >= classes))
    return ~((labels >= 0) & (labels <= classes - 1) & (labels == np.floor(labels)))


def _check_numbers(name: str, labels: np.ndarray) -> None:
    if labels.dtype.kind not in "biuf":
        raise InputError(
            "The labels of the set {name!r} must be numbers. Received: dtype {dtype}",
            name=name,
            dtype=labels.dtype,
            cure=Cure(note="number the classes from 0"),
        )


def _wrong_shape(name: str, labels: np.ndarray, expected: str) -> InputError:
    return InputError(
        "The labels of the set {name!r} must have the shape {expected}. Received: {shape}",
        name=name,
        expected=expected,
        shape=list(labels.shape),
    )
