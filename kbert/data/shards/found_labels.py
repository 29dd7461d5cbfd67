"""The labels of a stream, whose names are known only when its last row has been read."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.targets.labels import Labels
from kbert.targets.target import Target

_MANY = 2**16


class FoundLabels:
    """Numbers the labels of rows as they come.

    Args:
        target: Target.
        columns: sequence of str. The names of the label's columns.
        given: Labels or None. The labels, if they are known.
        met: sequence of str. The labels of earlier rows, in the order of their numbers.
    """

    def __init__(
        self,
        target: Target,
        columns: Sequence[str],
        given: Labels | None = None,
        met: Sequence[str] = (),
    ) -> None:
        self._target = target
        self._columns = columns
        if given is None and not target.takes_names:
            if target.names_labels and len(columns) < 2:
                raise InputError(
                    "The set of labels is not known before the last row.",
                    cure=Cure(note="name them all: {labels}", values={"labels": Option("labels")}),
                )
            given = target.labels_of((), columns)
        self._given = given
        self._numbers = {name: number for number, name in enumerate(met)}

    @property
    def is_given(self) -> bool:
        """Whether the names were known before the first row."""
        return self._given is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names by their numbers."""
        return tuple(self._numbers) if self._given is None else self._given.names

    def encode(self, values: Sequence[Any] | np.ndarray) -> np.ndarray:
        """Return the targets to train on: label numbers [rows], or an array [rows, labels].

        Raises:
            InputError: a number or name is not one of the labels.
        """
        if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
            if self._given is None:
                raise InputError(
                    "Labels that are numbers need the names of the classes.",
                    cure=Cure(code="labels=[...]", note="in the order of the numbers"),
                )
            outside = (values < 0) | (values >= len(self._given))
            if outside.any():
                raise InputError(
                    "A label must be at least 0 and below the number of labels, {count}. "
                    "Received: {value}",
                    count=len(self._given),
                    value=int(values[outside][0]),
                )
            return values
        if isinstance(values, np.ndarray):  # from Examples: encoded already
            return values
        if self._given is not None:
            return self._target.encode(values, self._given, self._columns)
        numbers = self._numbers
        for name in dict.fromkeys(values):
            if numbers.setdefault(name, len(numbers)) >= _MANY:
                raise InputError(
                    "There are more than {most:,} different labels: the column looks like an id or "
                    "a text.",
                    most=_MANY,
                    cure=Cure({"label": "NAME"}, note="if another column holds the labels"),
                )
        return np.fromiter((numbers[name] for name in values), np.int32, len(values))
