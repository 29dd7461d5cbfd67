"""A grain data set of texts."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Optional

from kbert.data.raw.begun_pass import BegunPass
from kbert.data.raw.element import Element
from kbert.data.raw.holds_texts import holds_texts
from kbert.data.reading.streams import has_no_end, is_finite, is_grain
from kbert.utils.foreign import foreign_input


class GrainTextSet:
    """A grain `MapDataset`, or an `IterDataset`, which is a stream; see `TextSet`."""

    name = "The grain data set"
    drop_remainder = False
    is_whole = False

    def __init__(self, data: Any) -> None:
        self.stream = "" if is_finite(data) else "is read as a stream"
        if has_no_end(data):
            self.stream = "never ends"
        with foreign_input("The data set cannot be read: {reason}"):
            self._passes = BegunPass(partial(iter, data))

    @classmethod
    def of(cls, data: Any) -> Optional["GrainTextSet"]:
        """Return the set, or None for other data."""
        if not is_grain(data):
            return None
        found = cls(data)
        first = found._passes.first
        inputs = first[0] if isinstance(first, tuple) and first else first
        return found if holds_texts(inputs) else None

    def elements(self) -> Iterator[Element]:
        """Yield its rows or batches."""
        return map(Element.from_element, self._passes)
