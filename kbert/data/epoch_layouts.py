"""The layouts of all epochs of a token store."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from kbert.data.epoch_layout import EpochLayout, Order
from kbert.data.epoch_order import choose_widths
from kbert.data.packing import packed_width
from kbert.data.padding import MULTIPLE
from kbert.data.pooled_layout import pooled_layout
from kbert.data.segment import Segment
from kbert.data.shards.sharded_token_store import ShardedTokenStore
from kbert.data.token_store import TokenStore

_SAMPLE = 1000  # batches to examine, of very many


class EpochLayouts:
    """The layouts of all epochs of a token store, and the widths that batches are padded to.

    Args:
        store: TokenStore.
        order: "shuffled", "packed", "given" or "length", as in `Batches`.
        drop_remainder: bool. Leave out the incomplete batch of a random order.
        few_shapes: bool. Whether batches have one of a few widths, or that of their longest row.

    Attributes:
        is_by_chance: bool. Whether each epoch has a different order.
        version: int. The version of a random order; see `Batches`.
    """

    def __init__(
        self, store: TokenStore, order: Order, *, drop_remainder: bool, few_shapes: bool
    ) -> None:
        self._store = store
        self._order = order
        self._drop_remainder = drop_remainder
        self._few_shapes = few_shapes
        self._widths: dict[int, np.ndarray] = {}  # by batch size
        self.is_by_chance = order in ("shuffled", "packed")
        self.version = store.order_version if self.is_by_chance else 1

    def of(
        self, epoch: int, batch_size: int, seed: int, segments: Sequence[Segment] = ()
    ) -> EpochLayout:
        """Return the layout of an epoch, of which segments may have been trained."""
        store = self._store
        if self.version == 2:
            windows = store.window_order if isinstance(store, ShardedTokenStore) else None
            lay_out = partial(pooled_layout, grouped=self._order == "shuffled", windows=windows)
        else:
            counts = None if store.window_split is None else store.window_counts
            lay_out = partial(EpochLayout.build, order=self._order, windows=counts)
        return lay_out(
            store.widest,
            self.widths,
            batch_size=batch_size,
            seed=seed,
            epoch=epoch,
            drop_remainder=self._drop_remainder,
            segments=segments,
        )

    def widths(self, batch_size: int) -> np.ndarray:
        """Return the widths for a batch size, an ascending int array."""
        if batch_size not in self._widths:  # which looks at every row
            lengths = self._store.widest
            if self._order == "packed":
                widths = np.array([packed_width(lengths)])
            elif not self._few_shapes:
                widths = np.arange(1, int(lengths.max(initial=1)) + 1)
            else:
                widths = choose_widths(lengths, multiple=MULTIPLE, min_rows=batch_size)
                # A model may have no more positions.
                widths = np.minimum(widths, self._store.max_length)
            self._widths[batch_size] = widths
        return self._widths[batch_size]

    def sample(self, layout: EpochLayout) -> range:
        """Return a sample of an epoch's batches, to see what all are like; see `Batches`."""
        total = len(layout.rows)
        step = -(-total // _SAMPLE) if self.version == 2 else 1
        return range(0, total, max(1, step))
