"""A Hugging Face data set of texts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

from kbert.data.raw.element import Element
from kbert.data.reading.memory_tables import read_object
from kbert.data.reading.rows import Row


class HuggingFaceTextSet:
    """A Hugging Face `Dataset`, or an `IterableDataset`, which is a stream; see `TextSet`."""

    name = "The data set"
    drop_remainder = False

    def __init__(self, data: Any) -> None:
        self._data = data
        self.stream = "" if hasattr(data, "__len__") else "is read as a stream"
        self.is_whole = not self.stream

    @classmethod
    def of(cls, data: Any) -> Optional["HuggingFaceTextSet"]:
        """Return the set, or None for other data."""
        is_set = hasattr(data, "column_names") and hasattr(data, "with_format")
        return cls(data) if is_set else None

    def elements(self) -> Iterator[Element]:
        """Yield its rows, all in one element unless it is a stream."""
        if self.stream:
            names = class_names(self._data)
            return (Element.from_element(row, names) for row in self._data)
        table = read_object(self._data)  # which names the classes, and refuses several splits
        rows = [row.cells for row in table.rows if isinstance(row, Row)]
        columns = {
            name: [cells[place] for cells in rows] for place, name in enumerate(table.columns)
        }
        return iter([Element.from_element(columns)])


def class_names(data: Any) -> dict[str, Sequence[str]]:
    """Return, by column, the names of the classes whose numbers a data set holds."""
    features = getattr(data, "features", None)
    if not isinstance(features, Mapping):
        return {}
    return {
        name: feature.names
        for name, feature in features.items()
        if hasattr(feature, "int2str") and getattr(feature, "names", None)
    }
