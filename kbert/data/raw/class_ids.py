"""The number of each row's class, from its name or its number."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.targets.labels import Labels
from kbert.utils.cell_values import describe, is_missing, plain, to_text

_LEAVE_OUT = Cure(note="leave out rows without a label")


def class_ids(values: Sequence[Any], labels: Labels) -> np.ndarray:
    """Return the class numbers of labels as int32.

    Strings are names of classes, whole numbers are numbers of classes, as everywhere in Keras.
    If the names are numbers too, such as stars from 1 to 5, and class 0 is not named 0, a number
    could mean either, and is refused.

    Args:
        values: sequence. The label of each row.
        labels: Labels. The classes of the model.

    Raises:
        InputError: a label is missing, is neither of these, or is not one of the classes.

    Example:

    ```python
    labels = Labels(("bad", "good"))
    assert class_ids(["good", "bad"], labels).tolist() == [1, 0]
    assert class_ids([1, 0], labels).tolist() == [1, 0]
    ```
    """
    array = np.asarray(values) if not any(isinstance(v, str | bytes) for v in values) else None
    if array is not None and array.dtype.kind in "iu" and array.ndim == 1:
        return _of_numbers(array, labels)
    return np.fromiter(
        (_class_id(row, value, labels) for row, value in enumerate(values)), np.int32, len(values)
    )


def _class_id(row: int, value: Any, labels: Labels) -> int:
    """Return the number of a class that may have been given in any form."""
    value = plain(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(_of_numbers(np.array([value]), labels, row)[0])
    name = str(value) if isinstance(value, bool) else to_text(value)
    if isinstance(name, str) and name in labels.ids:
        return labels.ids[name]
    if is_missing(value):
        raise InputError("The label of row {row:,} is missing.", row=row, cure=_LEAVE_OUT)
    if isinstance(name, str) and not isinstance(value, bool):
        problem = labels.unknown(name)
        raise InputError("Row {row:,}: {problem}.", row=row, problem=problem, cure=problem.cure)
    found = describe(value)
    if found.kind == "several":
        raise InputError(
            "Each label must be the name or the number of one class. Received in row {row:,}: "
            "{name} ({shown})",
            row=row,
            name=found.name,
            shown=found.shown,
            cure=Cure(code="labels.argmax(axis=1)", note="for one-hot labels"),
        )
    raise InputError(
        "Each label must be the name or the number of a class. Received in row {row:,}: {name} "
        "({shown})",
        row=row,
        name=found.name,
        shown=found.shown,
        cure=Cure(note="give the names as strings, or number the classes from 0"),
    )


def _of_numbers(numbers: np.ndarray, labels: Labels, first: int = 0) -> np.ndarray:
    """Return numbers of classes unchanged, or raise InputError for invalid ones."""
    for number, name in enumerate(labels.names):
        if _is_other_number(name, number):
            raise InputError(
                "The label {value} could be the class of this name or of this number: the class "
                "{name!r} has the number {number}.",
                value=numbers[0],
                name=name,
                number=number,
                cure=Cure(
                    code="[str(label) for label in labels]",
                    note="if they are names",
                    otherwise=(
                        Cure(
                            code="[model.labels.names[label] for label in labels]",
                            note="if they are numbers",
                        ),
                    ),
                ),
            )
    outside = (numbers < 0) | (numbers >= len(labels))
    if outside.any():
        row = int(outside.argmax())
        raise InputError(
            "Labels must be the names or the numbers of classes, 0 to {last}. Received: {value} in "
            "row {row:,}",
            last=len(labels) - 1,
            value=numbers[row],
            row=first + row,
            cure=Cure(
                note="number the classes from 0, and leave out rows without one",
                otherwise=(Cure(note="a model with more classes"),),
            ),
        )
    return numbers.astype(np.int32)


def _is_other_number(name: str, number: int) -> bool:
    """Whether a class is named after a number other than its own."""
    is_number = name.removeprefix("-").isdigit() and name.isascii()
    return is_number and int(name) != number
