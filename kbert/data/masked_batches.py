"""Batches of texts with masked tokens, for Keras."""

from typing import Any

import numpy as np

from kbert.data.batches import Batches
from kbert.data.epoch_layout import Order
from kbert.data.masking import Masking
from kbert.data.padding import pad
from kbert.data.token_store import TokenStore


class MaskedBatches(Batches):
    """`Batches` of texts of which a `MaskedLanguageModel` predicts the masked tokens.

    A batch is `(inputs, token_ids, weights)`. `inputs` has `mask_positions` [rows, slots] beside
    `token_ids`, `segment_ids` and `padding_mask` [rows, width]. The targets are the ids [rows,
    slots] that the text has in these places; the weight of a slot is 1, or 0 where it is empty. A
    width has one number of slots, see `Masking`.

    In an order by chance other tokens are masked in each epoch. In a given order, as for
    evaluation, they are always the same.

    Args:
        store: TokenStore. Its labels do not matter.
        masking: Masking.
        batch_size: int. Rows per batch. Defaults to 32.
        order: "shuffled", "given" or "length", as of `Batches`. Defaults to "given".
        **settings: as of `Batches`.

    Example:

    ```python
    batches = MaskedBatches(store, Masking(tokenizer), order="shuffled")
    inputs, token_ids, weights = batches[0]
    assert inputs["mask_positions"].shape == token_ids.shape == weights.shape
    ```
    """

    def __init__(
        self,
        store: TokenStore,
        masking: Masking,
        batch_size: int = 32,
        *,
        order: Order = "given",
        **settings: Any,
    ) -> None:
        self.masking = masking
        super().__init__(store, batch_size, order=order, **settings)

    def _batch(self, index: int, width: int) -> Any:
        rows, encoded = self.rows(index), []
        shape = len(rows), self.masking.slots(width)
        positions, targets = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        weights = np.zeros(shape, np.float32)
        epoch = self.epoch if self._is_by_chance else 0
        for place, row in enumerate(map(int, rows)):
            ids, first_length = self.store[row]
            masked, chosen = self.masking.mask(ids, row, epoch)
            encoded.append((masked, first_length))
            slots = slice(len(chosen))
            positions[place, slots] = chosen
            targets[place, slots] = ids[chosen]
            weights[place, slots] = 1
        inputs = pad(encoded, width, self.pad_id)
        return {**inputs, "mask_positions": positions}, targets, weights
