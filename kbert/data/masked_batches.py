"""Batches of texts with masked tokens, for Keras."""

from typing import Any

import numpy as np

from kbert.backend.batch_share import ALONE
from kbert.backend.dataset_internals import width_before_epoch
from kbert.data.batches import Batches
from kbert.data.epoch_layout import Order
from kbert.data.masking import RATE, Masking
from kbert.data.packed_inputs import PackedInputs
from kbert.data.packing import pack
from kbert.data.padding import pad
from kbert.data.token_store import TokenStore

_STEP = 4  # slots of packed rows are a multiple of it, so that few shapes are compiled


class MaskedBatches(Batches):
    """`Batches` of texts whose masked tokens a `MaskedLanguageModel` predicts.

    A batch is `(inputs, token_ids, weights)`. `inputs` has what `pad`, or `pack` in the order
    "packed", returns for the rows, and `mask_positions` [rows, slots]. The targets are the ids
    [rows, slots] that the texts have at these positions. The weight of a slot is 1, or 0 if it is
    empty. Which tokens of a text are masked does not depend on the other texts in its row.

    In a random order, different tokens are masked in each epoch. In a fixed order, as for
    evaluation, they are always the same.

    Args:
        store: TokenStore. Its labels do not matter.
        masking: Masking.
        batch_size: int. Texts per batch. Defaults to 32.
        order: "shuffled", "packed", "given" or "length", as in `Batches`. Defaults to "given".
        **settings: as in `Batches`.

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

    def _batch(self, index: int, width: int, *, in_pass: bool) -> Any:
        encoded, places, ids = self._masked(index)
        inputs, rows, begins = self._inputs_of(index, width, encoded)
        used = np.bincount(rows, [len(some) for some in places], len(inputs["token_ids"]))
        slots = self._slots_of(width, int(used.max()))
        if not in_pass and index == 1:
            first = self._batch(0, self.width(0), in_pass=False)[1].shape[1]
            slots = width_before_epoch(1, slots, first, _STEP)
        shape = len(used), slots
        positions, targets = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        weights = np.zeros(shape, np.float32)
        filled = np.zeros(len(used), np.int64)
        for text, (row, begin) in enumerate(zip(rows, begins, strict=True)):
            end = filled[row] + len(places[text])
            own = row, slice(filled[row], end)
            positions[own] = begin + places[text]
            targets[own] = ids[text]
            weights[own] = 1
            filled[row] = end
        inputs = {**inputs, "mask_positions": positions}
        if self.share == ALONE:
            return inputs, targets, weights
        counts = self.share.weights(shape[0], scale=1)  # the loss is already a weighted mean
        weights = self.share.part(weights) * counts[:, None]
        return self.share.of_inputs(inputs), self.share.part(targets), weights

    @property
    def makes_own_rows(self) -> bool:
        """Whether this process reads only its own rows: no, it masks a whole batch."""
        return False

    def _masked(
        self, index: int
    ) -> tuple[list[tuple[np.ndarray, int]], list[np.ndarray], list[np.ndarray]]:
        """Return a batch's texts as the model sees them, the masked places, and the ids there."""
        encoded, places, ids = [], [], []
        epoch = self.epoch if self._layouts.is_by_chance else 0
        for row in map(int, self.rows(index)):
            whole, first_length = self.store[row]
            masked, chosen = self.masking.mask(whole, row, epoch)
            encoded.append((masked, first_length))
            places.append(chosen)
            ids.append(whole[chosen])
        return encoded, places, ids

    def _inputs_of(
        self, index: int, width: int, encoded: list[tuple[np.ndarray, int]]
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Return the inputs, and for each text its row and where it begins in that row."""
        if not isinstance(self._inputs, PackedInputs):
            rows = np.arange(len(encoded))
            return pad(encoded, width, self.pad_id), rows, np.zeros_like(rows)
        texts, slots = self._inputs.rows_of(self.rows(index), width), self._inputs.slots
        inputs = pack(encoded, texts, width, slots, self.pad_id)
        rows, places = np.divmod(inputs.pop("cls_slots"), slots)
        return inputs, rows, inputs.pop("cls_tokens")[rows, places]

    def _slots_of(self, width: int, used: int) -> int:
        """Return how many tokens of a row can be predicted: few numbers, if each is compiled.

        A row with one text needs at most the slots of its width. A packed row hardly ever needs
        more than the usual number: the masked share of the width, and half a token per text for
        rounding.
        """
        if not self.few_shapes:
            return max(used, 1)
        if not isinstance(self._inputs, PackedInputs):
            return self.masking.slots(width)
        usual = round(RATE * width) + self._inputs.slots // 4
        return -(-max(used, usual) // _STEP) * _STEP
