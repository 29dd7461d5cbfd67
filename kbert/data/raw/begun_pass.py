"""Passes over data whose first item has been looked at."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any


class BegunPass:
    """Passes over data; the first pass continues the one whose first item has been looked at.

    Args:
        begin: function that returns an iterator from the beginning of the data; for an iterator, it
            returns the iterator itself.

    Attributes:
        first: the first item, or None if there is none.
    """

    def __init__(self, begin: Callable[[], Iterator[Any]]) -> None:
        self._begin = begin
        items = begin()
        self.first = next(items, None)
        self._items: Iterator[Any] | None = (
            items if self.first is None else chain([self.first], items)
        )

    def __iter__(self) -> Iterator[Any]:
        items, self._items = self._items, None
        return self._begin() if items is None else items
