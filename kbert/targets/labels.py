"""The classes of a data set and their numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure, Joined, Message, Option, Problem, Text
from kbert.targets.label_keys import label_key, likeness
from kbert.utils.label_names import label_names

_MAX_LISTED = 10
# How a label resembles a known one.
_ALIKE = {
    "number": "equals {near!r} as a number",
    "case": "differs from {near!r} only in case or blanks",
    "form": "differs from {near!r} only in the form of its characters",
}


@dataclass(frozen=True)
class Labels:
    """The class names in the order of their numbers.

    The order depends only on the set of names, never on the order of rows: whole numbers are sorted
    by value, anything else by Unicode code point.

    Args:
        names: tuple of str. `names[i]` is the class with the number i.

    Raises:
        InputError: a name occurs twice, or is not a valid name.

    Example:

    ```python
    assert Labels.from_values(["10", "9", "9"]).names == ("9", "10")
    ```
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", label_names(self.names, Option("labels")))

    @classmethod
    def from_values(cls, values: Iterable[str]) -> "Labels":
        """Return the labels that occur in `values`, sorted as `Labels` describes."""
        names = set(values)
        if all(_is_integer(name) for name in names):
            return cls(tuple(sorted(names, key=lambda name: (int(name), name))))
        return cls(tuple(sorted(names)))

    @cached_property
    def ids(self) -> dict[str, int]:
        """The number of each class, by name."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def _names_by_key(self) -> dict[object, str]:
        return {label_key(name): name for name in reversed(self.names)}

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Return the numbers of `values` as int32.

        Raises:
            KbertError: a value is not one of these classes.
        """
        try:
            return np.fromiter((self.ids[value] for value in values), np.int32, len(values))
        except KeyError as error:
            problem = self.unknown(error.args[0])
            raise InputError("{problem}.", problem=problem, cure=problem.cure) from None

    def unknown(self, value: str) -> Problem:
        """Return a `Problem` that says that `value` is not one of these classes."""
        shown: Text = Joined(map(repr, self.names[:_MAX_LISTED]))
        if len(self) > _MAX_LISTED:
            more = len(self) - _MAX_LISTED
            shown = Message("{shown} and {more} more", shown=shown, more=more)
        near = self._names_by_key.get(label_key(value))
        alike = None if near is None else Message(_ALIKE[likeness(near, value)], near=near)
        return Problem(
            "the label {value!r} is not one of the {count} known labels ({shown}); it {alike}"
            if alike is not None
            else "the label {value!r} is not one of the {count} known labels ({shown})",
            Cure(note="correct it")
            if near is not None
            else Cure(note="correct it, or add rows with that label to the training set"),
            {"value": value, "count": len(self), "shown": shown, "alike": alike},
        )

    def __len__(self) -> int:
        return len(self.names)


def _is_integer(name: str) -> bool:
    return name.lstrip("-").isascii() and name.removeprefix("-").isdigit()
