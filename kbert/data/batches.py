"""Batches for Keras."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import numpy as np

from kbert.backend.batch_share import ALONE
from kbert.backend.dataset_internals import end_pipelines_at_once, width_before_epoch
from kbert.backend.steps_of_epoch import StepsOfEpoch
from kbert.data.batch_pass import BatchPass
from kbert.data.epoch_layout import EpochLayout, Order
from kbert.data.epoch_order import choose_widths
from kbert.data.packing import (
    computed_rows,
    first_fit,
    pack,
    packed_slots,
    packed_width,
    usual_rows,
)
from kbert.data.padding import MULTIPLE, pad
from kbert.data.pooled_layout import pooled_layout
from kbert.data.reading.examples import Examples
from kbert.data.reading.row_weights import checked_weights
from kbert.data.segment import Segment
from kbert.data.shards.sharded_token_store import ShardedTokenStore
from kbert.data.token_store import TokenStore
from kbert.data.window_inputs import not_packed, window_inputs, window_rows
from kbert.errors import InputError
from kbert.utils.counts import check_count

_SAMPLE = 1000  # batches of very many that are looked at


class Batches(keras.utils.PyDataset):
    """A `PyDataset` over a token store, for plain `fit`, `evaluate` and `predict`.

    A batch is `(inputs, labels)`, `(inputs, labels, weights)` where rows have weights, or `inputs`
    alone where the store has no labels; `inputs` is a dict of int32 arrays [rows, width]:
    `token_ids`, `segment_ids` and `padding_mask`. Each batch
    is padded to the narrowest of a few widths (`choose_widths`), so that few tokens are padding
    and JAX compiles few shapes, or to its longest row. Packed rows hold several texts each
    (`pack`), and texts that are read in windows have several rows each (`window_inputs`), which
    only a `BertClassifier` takes; batch size, order, labels and weights count texts.

    `BertClassifier.fit` sets `epoch` to the epoch that it trains, and takes no `steps_per_epoch`.
    With any other Keras model each pass over the data takes the next epoch's order, and a pass that
    `steps_per_epoch` divides keeps its own to its end; pass `shuffle=False` to its `fit`, which
    otherwise shuffles the batches once more with Python's own random numbers.

    Args:
        store: TokenStore.
        batch_size: int. Rows per batch; all windows of a text are in one. Defaults to 32.
        order: "shuffled" (another order each epoch, grouped by length, see `epoch_order`), "packed"
            (another order each epoch, several texts in a row), "given" (the order of the rows) or
            "length" (longest first, the fastest). Defaults to "given".
        seed: int. Of the shuffled or packed order. Defaults to 0.
        drop_remainder: bool. Leave out the incomplete batch of a shuffled or packed epoch. Defaults
            to False.
        epoch: int. The epoch of the first pass. Defaults to 0.
        pad_id: int. The id of [PAD]. Defaults to 0.
        few_shapes: bool. Pad to one of a few widths, for what compiles each shape; otherwise to the
            longest row of each batch, which is the least. Defaults to True.
        weights: float array [rows] or None. How much each row of the store counts in the loss.
            Defaults to None: what the store's `weights` are.
        examples: Examples or None. What the store was built from, so that `PlanGuard` can judge
            them. Defaults to None: they are not judged.

    Attributes:
        share: BatchShare. How each batch is divided among devices; a `BertClassifier` sets it.
        weights_scale: float or None. Of what is evaluated; see `BatchShare.scale_of_mean`.
        order_version: int. The version of the shuffled or packed order: 1, which is computed for a
            whole epoch at once, or 2, which is computed a pool at a time, in seconds and little
            memory whatever the number of rows. It begins as 2 with more than 2^20 rows, or with a
            store in shards; set it to resume what was trained in another.

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
        super().__init__()
        end_pipelines_at_once(Batches)
        check_count("batch_size", batch_size)
        self.store = store
        self.batch_size = batch_size
        self.order = order
        self.seed = seed
        self.drop_remainder = drop_remainder
        self.pad_id = pad_id
        self.few_shapes = few_shapes
        self.weights = store.weights if weights is None else checked_weights(weights, len(store))
        self.examples = examples
        self._order_version = store.order_version if self._is_by_chance else 1
        self._widths: dict[int, np.ndarray] = {}  # by batch size
        self.widths = self._choose_widths(batch_size)
        if order == "packed":
            if store.window_split is not None:
                raise not_packed()
            width = int(self.widths[-1])
            self._slots = packed_slots(store.lengths, width)
            self._usual_rows = usual_rows(store.lengths, width, batch_size)
        self.share = ALONE
        self.weights_scale: float | None = None
        # What kept a batch from being made; TensorFlow's own error has no more than its text.
        self.failure: Exception | None = None
        self._pass = BatchPass()
        self._lay_out(epoch)

    @property
    def order_version(self) -> int:
        """The version of the order by chance."""
        return self._order_version

    @order_version.setter
    def order_version(self, version: int) -> None:
        if version not in (1, 2):
            raise InputError("order_version must be 1 or 2. Received: {version!r}", version=version)
        if self._is_by_chance and version != self._order_version:
            self._order_version = version
            self._lay_out(self._epoch)

    @property
    def epoch(self) -> int:
        """The epoch whose order the batches have."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        if not (self._pass.resumes and epoch == self._epoch):
            self._lay_out(epoch)
        self._pass.has_epoch = True

    def resume_at(self, epoch: int, segments: Sequence[Segment]) -> None:
        """Let the next pass begin inside an epoch.

        Args:
            epoch: int.
            segments: sequence of Segment. What has been trained of the epoch. Where the last has
                another batch size than these batches, the remaining rows are batched again.
        """
        self._lay_out(epoch, segments)
        self._pass.has_epoch = self._pass.resumes = True

    @property
    def first(self) -> int:
        """The batch of the epoch that this pass begins with: 0, unless the epoch is resumed."""
        return self._layout.first

    def __len__(self) -> int:
        """The batches of a pass; before it, of a whole epoch, which is what Keras plans."""
        return len(self._layout.rows) - (self.first if self.in_pass else 0)

    @property
    def in_pass(self) -> bool:
        """Whether a pass has begun; before it, Keras looks at batches to know what they are."""
        return self._pass.next is not None

    @property
    def num_batches(self) -> int:
        """The batches of a pass, as Keras asks for them."""
        return StepsOfEpoch(len(self), lambda: self.first)

    def rows(self, index: int) -> np.ndarray:
        """Return the row numbers of a batch of the epoch."""
        return self._layout.rows[index]

    def width(self, index: int) -> int:
        """Return the width that a batch is padded to."""
        return self._layout.widths[index]

    def shape(self, index: int) -> tuple[int, int]:
        """Return the rows and the width of a batch's arrays; packed, a row holds several texts."""
        if self.store.window_split is not None:
            return self._window_rows(self.rows(index)), self.width(index)
        rows = self._packed_rows(index) if self.order == "packed" else self.rows(index)
        return len(rows), self.width(index)

    def __getitem__(self, index: int) -> Any:
        """The batch at `index`."""
        try:
            return self._make(index)
        except Exception as error:
            self.failure = error
            raise

    def _make(self, index: int) -> Any:
        in_pass = self.in_pass
        if self._pass.take(index) and self._is_by_chance:
            warnings.warn(
                "Keras shuffles these batches once more, so their order depends on Python's global "
                "random state and not on the seed. Pass shuffle=False to fit.",
                stacklevel=3,
            )
        if in_pass:
            index += self.first
        width = self.width(index)
        if not in_pass and len(self.widths) > 1:
            width = width_before_epoch(index, width, self.width(0), MULTIPLE)
        return self._batch(index, width, in_pass=in_pass)

    def _batch(self, index: int, width: int, *, in_pass: bool) -> Any:
        """Return a batch of the epoch, padded to a width; see `in_pass`."""
        rows, inputs = self.rows(index), self._inputs(index, width)
        is_shared = self.share != ALONE
        if is_shared:
            inputs = self.share.of_inputs(inputs)
        if self.store.labels is None:
            return (inputs,)
        labels = self.store.labels[rows]
        if labels.ndim == 1:  # class numbers, which a store may hold in fewer bytes
            labels = labels.astype(np.int32, copy=False)
        weights = None if self.weights is None else self.weights[rows]
        if is_shared:  # with weights in all batches, also in those that divide
            weights = self.share.weights(len(rows), weights, self.weights_scale)
            labels = self.share.part(labels)
        return (inputs, labels) if weights is None else (inputs, labels, weights)

    def _inputs(self, index: int, width: int) -> dict[str, np.ndarray]:
        rows = self.rows(index)
        if self.store.window_split is not None:
            texts = [self.store.windows(int(row)) for row in rows]
            slots = self.store.window_split.windows.max_windows
            return window_inputs(texts, width, self._window_rows(rows), slots, self.pad_id)
        encoded = [self.store[int(row)] for row in rows]
        if self.order == "packed":
            return pack(encoded, self._packed_rows(index), width, self._slots, self.pad_id)
        return pad(encoded, width, self.pad_id)

    @contextmanager
    def class_weighted(self, class_weight: Mapping[int, float]) -> Iterator[None]:
        """Let each row count by the weight of its class too, as `class_weight` of Keras's `fit`.

        Args:
            class_weight: dict of weights by the numbers of classes; those without one weigh 1.
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

    def row_order(self) -> np.ndarray:
        """Return the row numbers in the order in which the batches contain them."""
        return np.concatenate(self._layout.rows)

    def sample(self) -> range:
        """Return the batches of the epoch to look at for what all are like.

        They are all, or of an order that is computed on demand a thousand, the first among them.
        """
        total = len(self._layout.rows)
        step = -(-total // _SAMPLE) if self._order_version == 2 else 1
        return range(0, total, max(1, step))

    def are_rows(self) -> np.ndarray:
        """Return which outputs of a pass are those of rows, and not of what fills up a batch."""
        return self.share.are_rows(self.batch_rows())

    def batch_rows(self) -> list[int]:
        """Return the number of rows of each batch of a pass."""
        return [len(rows) for rows in self._layout.rows[self.first :]]

    def real_tokens(self) -> float:
        """Return the share of this epoch's computed tokens that are not padding; see `sample`."""
        computed = sum(math.prod(self.shape(index)) for index in self.sample())
        tokens = self.store.read_tokens
        real = sum(int(tokens[self.rows(index)].sum()) for index in self.sample())
        return real / computed

    def on_epoch_begin(self) -> None:
        """Begin a pass, over the next epoch unless `epoch` was set."""
        if not self._pass.has_epoch:
            self._lay_out(self._epoch + 1)
        self._pass.begin()

    def on_epoch_end(self) -> None:
        """End a pass."""
        self._pass.end(len(self))

    def _lay_out(self, epoch: int, segments: Sequence[Segment] = ()) -> None:
        self._epoch = epoch
        self._pass.resumes, self._pass.paused = False, None
        if self._order_version == 2:
            windows = self.store.window_order if isinstance(self.store, ShardedTokenStore) else None
            lay_out = partial(pooled_layout, grouped=self.order == "shuffled", windows=windows)
        else:
            in_windows = self.store.window_split is not None
            counts = self.store.window_counts if in_windows else None
            lay_out = partial(EpochLayout.build, order=self.order, windows=counts)
        self._layout = lay_out(
            self.store.widest,
            self._choose_widths,
            batch_size=self.batch_size,
            seed=self.seed,
            epoch=epoch,
            drop_remainder=self.drop_remainder,
            segments=segments,
        )

    def _packed_rows(self, index: int) -> list[list[int]]:
        """Return which texts of a batch share a row.

        Empty rows make few numbers of rows of many, since each is one more shape that JAX and
        TensorFlow compile. The incomplete batch has as many rows as texts, in every epoch.
        """
        rows = self.rows(index)
        packed = first_fit(self.store.lengths[rows], self.width(index), self._slots)
        count = len(rows)
        if count == self.batch_size:
            compiled = keras.backend.backend() != "torch"
            count = computed_rows(len(packed), self._usual_rows, count, compiled=compiled)
        return packed + [[] for _ in range(count - len(packed))]

    def _window_rows(self, rows: np.ndarray) -> int:
        """Return how many rows a batch of texts has that are read in windows."""
        windows = int(self.store.window_counts[rows].sum())
        return window_rows(windows, len(rows), few_shapes=self.few_shapes)

    @property
    def _is_by_chance(self) -> bool:
        return self.order in ("shuffled", "packed")

    def _choose_widths(self, batch_size: int) -> np.ndarray:
        if batch_size not in self._widths:  # which looks at every row
            lengths = self.store.widest
            if self.order == "packed":
                widths = np.array([packed_width(lengths)])
            elif not self.few_shapes:
                widths = np.arange(1, int(lengths.max(initial=1)) + 1)
            else:
                widths = choose_widths(lengths, multiple=MULTIPLE, min_rows=batch_size)
                # A model may have no more positions.
                widths = np.minimum(widths, self.store.max_length)
            self._widths[batch_size] = widths
        return self._widths[batch_size]
