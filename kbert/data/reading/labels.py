"""The classes of a data set and their numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kbert.errors import InputError


@dataclass(frozen=True)
class Labels:
    """The class names in the order of their numbers.

    The order is a function of the set of names alone, never of the order of rows: whole numbers
    by value, anything else by Unicode code point.

    Args:
        names: tuple of str. `names[i]` is the class that the model calls i.

    Example:

    ```python
    assert Labels.from_values(["10", "9", "9"]).names == ("9", "10")
    ```
    """

    names: tuple[str, ...]

    @classmethod
    def from_values(cls, values: Iterable[str]) -> "Labels":
        """Return the labels that occur in `values`, in their order."""
        names = set(values)
        if all(_is_integer(name) for name in names):
            return cls(tuple(sorted(names, key=lambda name: (int(name), name))))
        return cls(tuple(sorted(names)))

    @cached_property
    def ids(self) -> dict[str, int]:
        """The number of each class, by name."""
        return {name: number for number, name in enumerate(self.names)}

    def encode(self, values: Sequence[str]) -> np.ndarray:
        """Return the numbers of `values` as int32.

        Raises:
            KbertError: a value that is no class of these.
        """
        try:
            return np.fromiter((self.ids[value] for value in values), np.int32, len(values))
        except KeyError as error:
            raise InputError("{unknown}", unknown=self.unknown(error.args[0])) from None

    def unknown(self, value: str) -> str:
        """Return the sentence that says that `value` is no class of these."""
        shown = ", ".join(repr(name) for name in self.names[:10])
        more = f" and {len(self) - 10} more" if len(self) > 10 else ""
        near = next((n for n in self.names if bare_label(n) == bare_label(value)), None)
        hint = "" if near is None else f"; it differs from {near!r} only in case or blanks"
        return f"the label {value!r} is none of the {len(self)} known labels ({shown}{more}){hint}"

    def __len__(self) -> int:
        return len(self.names)


def bare_label(name: str) -> str:
    """Return a label without blanks and letter case, in which mistyped ones agree."""
    return "".join(name.split()).casefold()


def _is_integer(name: str) -> bool:
    return name.lstrip("-").isascii() and name.removeprefix("-").isdigit()
