"""The inputs of a batch whose texts have a row for each of their windows."""

import numpy as np

from kbert.data.batch_inputs import BatchInputs
from kbert.data.token_store import TokenStore
from kbert.data.window_inputs import window_inputs, window_rows


class WindowedInputs(BatchInputs):
    """The inputs of a batch whose texts have a row for each of their windows.

    Args:
        store: TokenStore, with a `window_split`.
        pad_id: int. The id of [PAD].
        few_shapes: bool. Whether batches have one of a few numbers of rows, as each is compiled.
    """

    can_divide = False

    def __init__(self, store: TokenStore, pad_id: int, *, few_shapes: bool) -> None:
        super().__init__(store, pad_id)
        assert store.window_split is not None
        self._slots = store.window_split.windows.max_windows
        self._few_shapes = few_shapes

    def shape(self, texts: np.ndarray, width: int) -> tuple[int, int]:
        windows = int(self.store.window_counts[texts].sum())
        return window_rows(windows, len(texts), few_shapes=self._few_shapes), width

    def of(self, texts: np.ndarray, width: int) -> dict[str, np.ndarray]:
        rows, _ = self.shape(texts, width)
        windows = [self.store.windows(int(text)) for text in texts]
        return window_inputs(windows, width, rows, self._slots, self.pad_id)
