"""A `tf.data.Dataset` of texts."""

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from kbert.data.raw.element import Element
from kbert.data.raw.holds_texts import is_of_strings

_UNKNOWN = -2  # tf.data.UNKNOWN_CARDINALITY


class TfTextSet:
    """A `tf.data.Dataset` of texts, batched or not; see `TextSet`."""

    name = "The tf.data.Dataset"
    drop_remainder = False
    is_whole = False

    def __init__(self, data: Any) -> None:
        self._data = data
        cardinality = int(data.cardinality())
        self.stream = ""
        if cardinality < 0:
            self.stream = "has no known end" if cardinality == _UNKNOWN else "never ends"

    @classmethod
    def of(cls, data: Any) -> Optional["TfTextSet"]:
        """Return the set, or None for other data."""
        if not (hasattr(data, "element_spec") and hasattr(data, "as_numpy_iterator")):
            return None
        spec = data.element_spec
        inputs = spec[0] if isinstance(spec, tuple) and spec else spec
        return cls(data) if any(map(is_of_strings, _leaves(inputs))) else None

    def elements(self) -> Iterator[Element]:
        """Yield its rows or batches."""
        return map(Element.from_element, self._data.as_numpy_iterator())


def _leaves(spec: Any) -> Iterator[Any]:
    if isinstance(spec, Mapping):
        spec = tuple(spec.values())
    if isinstance(spec, tuple | list):
        for part in spec:
            yield from _leaves(part)
    else:
        yield spec
