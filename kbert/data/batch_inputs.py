"""The inputs of a batch whose rows hold one text each."""

import numpy as np

from kbert.data.padding import pad
from kbert.data.token_store import TokenStore


class BatchInputs:
    """The inputs of a batch whose rows hold one text each, and padding.

    `PackedInputs` and `WindowedInputs` are for batches with other kinds of rows.

    Args:
        store: TokenStore.
        pad_id: int. The id of [PAD].

    Attributes:
        can_divide: bool. Whether the inputs of some texts of a batch can be computed without those
            of the others.
    """

    can_divide = True

    def __init__(self, store: TokenStore, pad_id: int) -> None:
        self.store = store
        self.pad_id = pad_id

    def shape(self, texts: np.ndarray, width: int) -> tuple[int, int]:
        """Return the rows and the width of the arrays of a batch of texts."""
        return len(texts), width

    def of(self, texts: np.ndarray, width: int) -> dict[str, np.ndarray]:
        """Return the arrays of a batch of texts.

        Args:
            texts: int array. Their rows in the store.
            width: int. At least the length of the longest.
        """
        return pad(self._encoded(texts), width, self.pad_id)

    def _encoded(self, texts: np.ndarray) -> list[tuple[np.ndarray, int]]:
        return [self.store[int(text)] for text in texts]
