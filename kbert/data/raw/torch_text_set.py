"""A torch `DataLoader` of texts."""

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Optional

from kbert.data.raw.begun_pass import BegunPass
from kbert.data.raw.element import Element
from kbert.data.raw.holds_texts import holds_texts
from kbert.data.raw.hugging_face_text_set import class_names


class TorchTextSet:
    """A torch `DataLoader` of texts; see `TextSet`.

    If it has all rows of its data set, shuffled or not, they are read in the order of the data set:
    the same in every process, and without random numbers.
    """

    name = "The DataLoader"
    is_whole = False

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._class_names = class_names(loader.dataset)
        self._indices = _indices(loader)
        self.drop_remainder = bool(loader.drop_last)
        self.stream = ""
        if self._indices is None:
            self.stream = "has no known end"
            if hasattr(loader.dataset, "__len__"):
                self.stream = f"draws its rows by a {type(loader.sampler).__name__}"
        self._passes = BegunPass(partial(_batches, loader, self._indices))

    @classmethod
    def of(cls, data: Any) -> Optional["TorchTextSet"]:
        """Return the set, or None for other data."""
        torch = sys.modules.get("torch")
        if torch is None or not isinstance(data, torch.utils.data.DataLoader):
            return None
        found = cls(data)
        first = found._passes.first
        inputs = first[0] if isinstance(first, tuple | list) and first else first
        return found if holds_texts(inputs) else None

    def elements(self) -> Iterator[Element]:
        """Yield its batches, or rows."""
        return (Element.from_element(batch, self._class_names) for batch in self._passes)


def _indices(loader: Any) -> Sequence[int] | None:
    """Return which rows of its data set a loader has, if they are the same in each pass."""
    from torch.utils.data import (
        BatchSampler,
        IterableDataset,
        RandomSampler,
        SequentialSampler,
        SubsetRandomSampler,
    )

    if isinstance(loader.dataset, IterableDataset) or type(loader.batch_sampler) not in (
        BatchSampler,
        type(None),
    ):
        return None
    sampler, rows = loader.sampler, len(loader.dataset)
    if type(sampler) is SequentialSampler:
        return range(rows)
    if type(sampler) is RandomSampler and not sampler.replacement and sampler.num_samples == rows:
        return range(rows)
    return list(sampler.indices) if type(sampler) is SubsetRandomSampler else None


def _batches(loader: Any, indices: Sequence[int] | None) -> Iterator[Any]:
    if indices is None:
        yield from loader
        return
    data, size = loader.dataset, loader.batch_size
    if size is None:
        for index in indices:
            row = loader.collate_fn(data[index])
            yield tuple(row) if isinstance(row, list) else row  # torch turns a tuple into a list
        return
    for start in range(0, len(indices), size):
        places = list(indices[start : start + size])
        several = getattr(data, "__getitems__", None)
        rows = [data[place] for place in places] if several is None else several(places)
        yield loader.collate_fn(rows)
