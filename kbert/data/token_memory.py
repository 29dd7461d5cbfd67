"""Token ids in memory."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from kbert.data.token_file import arrays_of


class TokenMemory:
    """The ids of batches in memory, which are read like those of a `TokenFile`.

    Args:
        batches: iterable of RecordBatch, of the schema of token files.

    Attributes:
        columns: list of (offsets, first lengths, labels), int32 arrays, by batch.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        arrays = [arrays_of(batch) for batch in batches]
        self._ids = [ids for ids, *_ in arrays]
        self.columns = [(offsets, firsts, labels) for _, offsets, firsts, labels in arrays]

    def ids(self, batch: int, begin: int, end: int) -> np.ndarray:
        """Return ids of a batch."""
        return self._ids[batch][begin:end]

    def all_ids(self, batch: int) -> np.ndarray:
        """Return all ids of a batch."""
        return self._ids[batch]
