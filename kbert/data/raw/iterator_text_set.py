"""A generator, or another iterator, of texts."""

from collections.abc import Iterator
from typing import Any

from kbert.data.raw.begun_pass import BegunPass
from kbert.data.raw.element import Element
from kbert.data.raw.holds_texts import holds_texts


class IteratorTextSet:
    """An iterator of texts, which can be read once; see `TextSet`.

    Args:
        passes: BegunPass, of the iterator.
    """

    name = "The generator"
    stream = "has no known end"
    drop_remainder = False
    is_whole = False

    def __init__(self, passes: BegunPass) -> None:
        self._passes = passes

    @property
    def holds_texts(self) -> bool:
        """Whether its first item holds texts."""
        first = self._passes.first
        inputs = first[0] if isinstance(first, tuple) and first else first
        return holds_texts(inputs)

    def elements(self) -> Iterator[Element]:
        """Yield its rows or batches; nothing once it has been read."""
        return map(Element.from_element, self._passes)

    def restored(self) -> Iterator[Any]:
        """Return a generator for Keras, of all items, including the first."""
        yield from self._passes
