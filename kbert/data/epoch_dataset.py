"""A Keras data set with a different order in each epoch, which can begin inside an epoch."""

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kbert.backend.dataset_internals import end_pipelines_at_once, width_before_epoch
from kbert.backend.steps_of_epoch import StepsOfEpoch
from kbert.data.batch_pass import BatchPass
from kbert.data.epoch_layout import Order
from kbert.data.epoch_layouts import EpochLayouts
from kbert.data.padding import MULTIPLE
from kbert.data.segment import Segment
from kbert.data.token_store import TokenStore
from kbert.errors import InputError
from kbert.utils.counts import check_count


class EpochDataset(keras.utils.PyDataset):
    """A `PyDataset` over a token store that knows which rows each batch of each epoch holds.

    It follows Keras's passes over the data: each takes the next epoch, unless `epoch` is set, and a
    resumed one begins after what has been trained. `Batches` makes the arrays.

    Args:
        store: TokenStore.
        batch_size: int.
        order: "shuffled", "packed", "given" or "length", as in `Batches`.
        seed: int.
        drop_remainder: bool.
        epoch: int. The epoch of the first pass.
        few_shapes: bool.
    """

    def __init__(
        self,
        store: TokenStore,
        batch_size: int,
        *,
        order: Order,
        seed: int,
        drop_remainder: bool,
        epoch: int,
        few_shapes: bool,
    ) -> None:
        super().__init__()
        end_pipelines_at_once(EpochDataset)
        check_count("batch_size", batch_size)
        self.store = store
        self.batch_size = batch_size
        self.order = order
        self.seed = seed
        self.drop_remainder = drop_remainder
        self.few_shapes = few_shapes
        self._layouts = EpochLayouts(
            store, order, drop_remainder=drop_remainder, few_shapes=few_shapes
        )
        self.widths = self._layouts.widths(batch_size)
        # The error that kept a batch from being made; TensorFlow's own error has only its text.
        self.failure: Exception | None = None
        self._pass = BatchPass()
        self._lay_out(epoch)

    @property
    def order_version(self) -> int:
        """The version of the random order."""
        return self._layouts.version

    @order_version.setter
    def order_version(self, version: int) -> None:
        if version not in (1, 2):
            raise InputError("order_version must be 1 or 2. Received: {version!r}", version=version)
        if self._layouts.is_by_chance and version != self._layouts.version:
            self._layouts.version = version
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
            segments: sequence of Segment. The part of the epoch that has been trained. If the last
                has another batch size than these batches, the remaining rows are batched again.
        """
        self._lay_out(epoch, segments)
        self._pass.has_epoch = self._pass.resumes = True

    @property
    def first(self) -> int:
        """The batch of the epoch that this pass begins with: 0, unless the epoch is resumed."""
        return self._layout.first

    def __len__(self) -> int:
        """The number of batches in a pass; before it, in a whole epoch, which Keras plans with."""
        return len(self._layout.rows) - (self.first if self.in_pass else 0)

    @property
    def in_pass(self) -> bool:
        """Whether a pass has begun; before it, Keras looks at batches to learn their shapes."""
        return self._pass.next is not None

    @property
    def num_batches(self) -> int:
        """The number of batches in a pass, as Keras asks for it."""
        return StepsOfEpoch(len(self), lambda: self.first)

    def on_epoch_begin(self) -> None:
        """Begin a pass, over the next epoch unless `epoch` was set."""
        if not self._pass.has_epoch:
            self._lay_out(self._epoch + 1)
        self._pass.begin()

    def on_epoch_end(self) -> None:
        """End a pass."""
        self._pass.end(len(self))

    def rows(self, index: int) -> np.ndarray:
        """Return the row numbers of a batch of the epoch."""
        return self._layout.rows[index]

    def width(self, index: int) -> int:
        """Return the width that a batch is padded to."""
        return self._layout.widths[index]

    def row_order(self) -> np.ndarray:
        """Return the row numbers in the order in which the batches contain them."""
        return np.concatenate(self._layout.rows)

    def batch_rows(self) -> list[int]:
        """Return the number of rows of each batch of a pass."""
        return [len(rows) for rows in self._layout.rows[self.first :]]

    def sample(self) -> range:
        """Return a sample of the epoch's batches, to see what all of them are like.

        It is all of them or, if the order is computed on demand, a thousand, including the first.
        """
        return self._layouts.sample(self._layout)

    def __getitem__(self, index: int) -> Any:
        """The batch at `index`."""
        try:
            return self._make(index)
        except Exception as error:
            self.failure = error
            raise

    def _make(self, index: int) -> Any:
        in_pass = self.in_pass
        if self._pass.take(index) and self._layouts.is_by_chance:
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

    @abstractmethod
    def _batch(self, index: int, width: int, *, in_pass: bool) -> Any:
        """Return the arrays of a batch of the epoch, padded to a width; see `in_pass`."""

    def _lay_out(self, epoch: int, segments: Sequence[Segment] = ()) -> None:
        self._epoch = epoch
        self._pass.resumes, self._pass.paused = False, None
        self._layout = self._layouts.of(epoch, self.batch_size, self.seed, segments)
