"""The inputs of a batch whose rows hold several texts each."""

import numpy as np

from kbert.data.batch_inputs import BatchInputs
from kbert.data.packing import computed_rows, first_fit, pack, packed_slots, usual_rows
from kbert.data.token_store import TokenStore


class PackedInputs(BatchInputs):
    """The inputs of a batch whose rows hold several texts each; see `pack`.

    Args:
        store: TokenStore.
        pad_id: int. The id of [PAD].
        batch_size: int. Texts of a complete batch.
        width: int. The width of all batches.
        compiled: bool. Whether each number of rows is one more shape to compile.

    Attributes:
        slots: int. Maximum texts per row.
    """

    can_divide = False

    def __init__(
        self, store: TokenStore, pad_id: int, batch_size: int, width: int, *, compiled: bool
    ) -> None:
        super().__init__(store, pad_id)
        self.slots = packed_slots(store.lengths, width)
        self._batch_size = batch_size
        self._usual_rows = usual_rows(store.lengths, width, batch_size)
        self._compiled = compiled

    def shape(self, texts: np.ndarray, width: int) -> tuple[int, int]:
        return len(self.rows_of(texts, width)), width

    def of(self, texts: np.ndarray, width: int) -> dict[str, np.ndarray]:
        rows = self.rows_of(texts, width)
        return pack(self._encoded(texts), rows, width, self.slots, self.pad_id)

    def rows_of(self, texts: np.ndarray, width: int) -> list[list[int]]:
        """Return which texts of a batch share a row.

        Empty rows round up the number of rows to one of a few, since each number is one more shape
        that JAX and TensorFlow compile. The incomplete batch has as many rows as texts, in every
        epoch.
        """
        packed = first_fit(self.store.lengths[texts], width, self.slots)
        count = len(texts)
        if count == self._batch_size:
            count = computed_rows(len(packed), self._usual_rows, count, compiled=self._compiled)
        return packed + [[] for _ in range(count - len(packed))]
