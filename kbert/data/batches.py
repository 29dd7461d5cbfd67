"""Batches for Keras."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from kbert.backend.batch_share import ALONE
from kbert.data.batch_inputs import BatchInputs
from kbert.data.epoch_dataset import EpochDataset
from kbert.data.epoch_layout import Order
from kbert.data.packed_inputs import PackedInputs
from kbert.data.reading.examples import Examples
from kbert.data.reading.row_weights import checked_weights
from kbert.data.token_store import TokenStore
from kbert.data.window_inputs import not_packed
from kbert.data.windowed_inputs import WindowedInputs


class Batches(EpochDataset):
    """A `PyDataset` over a token store, for plain `fit`, `evaluate` and `predict`.

    A batch is `(inputs, labels)`, `(inputs, labels, weights)` if rows have weights, or `inputs`
    alone if the store has no labels. `inputs` is a dict of int32 arrays [rows, width]: `token_ids`,
    `segment_ids` and `padding_mask`. Each batch is padded to the narrowest of a few widths
    (`choose_widths`), so that few tokens are padding and JAX compiles few shapes, or to its longest
    row (see `few_shapes`). Packed rows hold several texts each (`pack`), and texts that are read in
    windows have several rows each (`window_inputs`); only a `BertClassifier` takes these. Batch
    size, order, labels and weights refer to texts.

    `BertClassifier.fit` sets `epoch` to the epoch that it trains, and takes no `steps_per_epoch`.
    With any other Keras model, each pass over the data takes the next epoch's order, and a pass
    that `steps_per_epoch` divides keeps its order to the end. Pass `shuffle=False` to that model's
    `fit`, which otherwise shuffles the batches once more with Python's own random numbers.

    Args:
        store: TokenStore.
        batch_size: int. Texts per batch; all windows of a text are in one batch. Defaults to 32.
        order: "shuffled" (a new order each epoch, grouped by length, see `epoch_order`), "packed"
            (a new order each epoch, several texts in a row), "given" (the order of the rows) or
            "length" (longest first, the fastest). Defaults to "given".
        seed: int. The seed of the shuffled or packed order. Defaults to 0.
        drop_remainder: bool. Leave out the incomplete batch of a shuffled or packed epoch. Defaults
            to False.
        epoch: int. The epoch of the first pass. Defaults to 0.
        pad_id: int. The id of [PAD]. Defaults to 0.
        few_shapes: bool. Pad to one of a few widths, for backends that compile each shape;
            otherwise to the longest row of each batch, the least padding. Defaults to True.
        weights: float array [rows] or None. How much each row of the store counts in the loss.
            Defaults to None: the store's `weights`.
        examples: Examples or None. The examples that the store was built from, for `PlanGuard` to
            check. Defaults to None: they are not checked.

    Attributes:
        share: BatchShare. How each batch is divided among devices; a `BertClassifier` sets it.
        weights_scale: float or None. The scale of weights in an evaluation; see
            `BatchShare.scale_of_mean`.
        order_version: int. The version of the shuffled or packed order: 1, which is computed for a
            whole epoch at once, or 2, which is computed a pool at a time, in seconds and little
            memory whatever the number of rows. It starts as 2 with more than 2^20 rows, or with a
            store in shards. Set it to resume what was trained with the other version.

    Example:

    ```python
    model.fit(Batches(store, batch_size=32, order="shuffled"), epochs=3, shuffle=False)
    ```
    """

    def __init__(
        self,
        store: TokenStore,
        batch_size: int = 32,
        *,
        order: Order = "given",
        seed: int = 0,
        drop_remainder: bool = False,
        epoch: int = 0,
        pad_id: int = 0,
        few_shapes: bool = True,
        weights: np.ndarray | None = None,
        examples: Examples | None = None,
    ) -> None:
        if order == "packed" and store.window_split is not None:
            raise not_packed()
        super().__init__(
            store,
            batch_size,
            order=order,
            seed=seed,
            drop_remainder=drop_remainder,
            epoch=epoch,
            few_shapes=few_shapes,
        )
        self.pad_id = pad_id
        self.weights = store.weights if weights is None else checked_weights(weights, len(store))
        self.examples = examples
        self.share = ALONE
        self.weights_scale: float | None = None
        self._inputs = self._inputs_of_order()

    def shape(self, index: int) -> tuple[int, int]:
        """Return the rows and the width of a batch's arrays; a packed row holds several texts."""
        return self._inputs.shape(self.rows(index), self.width(index))

    @contextmanager
    def class_weighted(self, class_weight: Mapping[int, float]) -> Iterator[None]:
        """Also weight each row by its class, as `class_weight` of Keras's `fit` does.

        Args:
            class_weight: dict from class number to weight; classes without one weigh 1.
        """
        assert self.store.labels is not None
        before, weights = self.weights, np.ones(len(self.store), np.float32)
        for number, weight in class_weight.items():
            weights[self.store.labels == number] = weight
        self.weights = weights if before is None else before * weights
        try:
            yield
        finally:
            self.weights = before

    @property
    def makes_own_rows(self) -> bool:
        """Whether this process reads only its own rows of a batch, not all to pack or pool them."""
        return self._inputs.can_divide and self.share != ALONE

    def are_rows(self) -> np.ndarray:
        """Return which outputs of a pass belong to rows, and not to copies that fill up a batch."""
        return self.share.are_rows(self.batch_rows())

    def real_tokens(self) -> float:
        """Return the share of this epoch's computed tokens that are not padding; see `sample`."""
        computed = sum(math.prod(self.shape(index)) for index in self.sample())
        tokens = self.store.read_tokens
        real = sum(int(tokens[self.rows(index)].sum()) for index in self.sample())
        return real / computed

    def _batch(self, index: int, width: int, *, in_pass: bool) -> Any:
        rows = self.rows(index)
        is_shared = self.share != ALONE
        if self.makes_own_rows:
            inputs = self._inputs.of(self.share.part(rows), width)
        else:
            inputs = self._inputs.of(rows, width)
            inputs = self.share.of_inputs(inputs) if is_shared else inputs
        if self.store.labels is None:
            return (inputs,)
        labels = self.store.labels[rows]
        if labels.ndim == 1:  # class numbers, which a store may hold in fewer bytes
            labels = labels.astype(np.int32, copy=False)
        weights = None if self.weights is None else self.weights[rows]
        if is_shared:  # every batch has weights, even one that divides evenly
            weights = self.share.weights(len(rows), weights, self.weights_scale)
            labels = self.share.part(labels)
        return (inputs, labels) if weights is None else (inputs, labels, weights)

    def _inputs_of_order(self) -> BatchInputs:
        """Return the builder of these batches' inputs: one text per row, packed rows or windows."""
        store, pad_id = self.store, self.pad_id
        if self.order == "packed":
            compiled = keras.backend.backend() != "torch"
            width = int(self.widths[-1])
            return PackedInputs(store, pad_id, self.batch_size, width, compiled=compiled)
        if store.window_split is not None:
            return WindowedInputs(store, pad_id, few_shapes=self.few_shapes)
        return BatchInputs(store, pad_id)
