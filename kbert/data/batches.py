"""Batches for Keras."""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np

from kbert.data.epoch_order import choose_widths, epoch_order, given_order, length_order
from kbert.data.token_store import TokenStore

Order = Literal["shuffled", "given", "length"]

_MULTIPLE = 8  # widths are multiples of it


class Batches(keras.utils.PyDataset):
    """A `PyDataset` over a token store, for plain `fit`, `evaluate` and `predict`.

    A batch is `(inputs, labels)`, or `inputs` alone where the store has no labels; `inputs` is a
    dict of int32 arrays [rows, width]: `token_ids`, `segment_ids` and `padding_mask`. Each batch
    is padded to the narrowest of a few widths (`choose_widths`), so that few tokens are padding
    and JAX compiles few shapes.

    `BertClassifier.fit` sets `epoch` to the epoch it trains. With any other Keras model each pass
    over the data takes the next epoch's order; pass `shuffle=False` to its `fit`, which otherwise
    shuffles the batches once more with Python's own random numbers.

    Args:
        store: TokenStore.
        batch_size: int. Rows a batch. Defaults to 32.
        order: "shuffled" (another order each epoch, see `epoch_order`), "given" (as the rows
            stand) or "length" (longest first, the fastest). Defaults to "given".
        seed: int. Of the shuffled order. Defaults to 0.
        drop_remainder: bool. Leave out each epoch's last, incomplete batch. Defaults to False.
        epoch: int. The epoch of the first pass. Defaults to 0.
        pad_id: int. The id of [PAD]. Defaults to 0.

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
    ) -> None:
        super().__init__()
        self.store = store
        self.batch_size = batch_size
        self.order = order
        self.seed = seed
        self.drop_remainder = drop_remainder
        self.pad_id = pad_id
        widths = choose_widths(store.lengths, multiple=_MULTIPLE, least_rows=batch_size)
        self.widths = np.minimum(widths, store.max_length)  # a model may have no more positions
        self._next: int | None = None  # the batch that a pass takes next; None outside a pass
        self._waits = False  # whether `go_on` has set the next pass
        self._warned = False
        # What has kept a batch from being made; TensorFlow's own error holds no more than its text.
        self.failure: Exception | None = None
        self.epoch = epoch

    @property
    def epoch(self) -> int:
        """The epoch whose order the batches have."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        if not (self._waits and epoch == self._epoch):
            self._start(epoch)
        self._pinned = True

    def resume_at(self, epoch: int, parts: Sequence[tuple[int, int]]) -> None:
        """Let the next pass begin inside an epoch.

        Args:
            epoch: int.
            parts: sequence of (batch size, batches): what has been made of the epoch. Where the
                last batch size is not that of these batches, the rows that are left are laid out
                anew.
        """
        self._start(epoch, parts)
        self._pinned = self._waits = True

    @property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """What had been made of the epoch before this pass, as `go_on` was told."""
        return self._parts

    @property
    def first(self) -> int:
        """The place in the epoch of the batch that this pass begins with: 0, but for `go_on`."""
        return self._first

    def __len__(self) -> int:
        """Return the batches of a pass; before it, of a whole epoch, which is what Keras plans."""
        return len(self._rows) - (0 if self._next is None else self._first)

    @property
    def num_batches(self) -> int:
        """The batches of a pass, as Keras asks for them."""
        return _Steps(len(self), self)

    def rows(self, index: int) -> np.ndarray:
        """Return the row numbers of a batch of the epoch."""
        return self._rows[index]

    def width(self, index: int) -> int:
        """Return the width that a batch is padded to."""
        return self._batch_widths[index]

    def __getitem__(self, index: int) -> Any:
        """Return the batch at `index`."""
        try:
            return self._make(index)
        except Exception as error:
            self.failure = error
            raise

    def _make(self, index: int) -> Any:
        self._expect(index)
        if self._next is not None:
            index += self._first
        rows, width = self._rows[index], self._batch_widths[index]
        if self._next is None and index == 1 and len(self.widths) > 1:
            # Before an epoch Keras's TensorFlow adapter looks at the first two batches, and holds
            # all others to the dimensions that these have in common: the width must not be one.
            width += int(width == self._batch_widths[0]) * _MULTIPLE
        token_ids = np.full((len(rows), width), self.pad_id, np.int32)
        segment_ids = np.zeros((len(rows), width), np.int32)
        padding_mask = np.zeros((len(rows), width), np.int32)
        for place, row in enumerate(rows):
            ids, first_length = self.store[int(row)]
            token_ids[place, : len(ids)] = ids
            segment_ids[place, first_length : len(ids)] = 1
            padding_mask[place, : len(ids)] = 1
        inputs = {
            "token_ids": token_ids,
            "segment_ids": segment_ids,
            "padding_mask": padding_mask,
        }
        if self.store.labels is None:
            return (inputs,)
        return inputs, self.store.labels[rows]

    def row_order(self) -> np.ndarray:
        """Return the row numbers in the order in which the batches give them."""
        return np.concatenate(self._rows)

    def real_tokens(self) -> float:
        """Return the share of this epoch's computed tokens that are not padding."""
        sizes = [len(rows) for rows in self._rows]
        return float(self.store.lengths[self.row_order()].sum() / np.dot(sizes, self._batch_widths))

    def on_epoch_begin(self) -> None:
        """Take the next pass's order, unless `epoch` was set for it."""
        if not self._pinned:
            self._start(self._epoch + 1)
        self._pinned = False
        self._next = 0

    def on_epoch_end(self) -> None:
        """End a pass; one broken off, as by Keras to learn the shapes, does not count."""
        broken_off = self._next is not None and self._next < len(self)
        if broken_off:
            self._pinned = True
        elif self._next is not None:
            self._waits = False
        self._next = None

    def _expect(self, index: int) -> None:
        """Count the batches of a pass, and warn when Keras asks for them in an order of its own."""
        if self._next is None:
            return
        if index != self._next and self.order == "shuffled" and not self._warned:
            self._warned = True
            warnings.warn(
                "Keras shuffles these batches once more, so their order hangs on Python's global "
                "random state and not on the seed. Pass shuffle=False to fit.",
                stacklevel=3,
            )
        self._next += 1

    def _start(self, epoch: int, parts: Sequence[tuple[int, int]] = ()) -> None:
        """Lay out the batches of an epoch, of which some may have been made."""
        self._epoch = epoch
        self._waits = False
        self._rows, self._batch_widths = self._layout(self.batch_size)
        self._parts, self._first = tuple(parts), 0
        if not parts:
            return
        *before, (size, made) = parts
        left = np.arange(len(self.store))
        for earlier, batches in (*before, *([(size, made)] if size != self.batch_size else [])):
            rows, _ = self._layout(earlier, left)
            left = np.setdiff1d(left, np.concatenate(rows[:batches]))
        rows, widths = self._layout(self.batch_size, left)
        if size == self.batch_size:
            rows, widths = rows[made:], widths[made:]
        self._first = len(self._rows) - len(rows)
        self._rows[self._first :], self._batch_widths[self._first :] = rows, widths

    def _layout(
        self, size: int, among: np.ndarray | None = None
    ) -> tuple[list[np.ndarray], list[int]]:
        """Return this epoch's batches of some rows, or of all, and their widths."""
        lengths = self.store.lengths if among is None else self.store.lengths[among]
        if self.order == "shuffled":
            drop = self.drop_remainder
            batches = epoch_order(self.seed, self._epoch, lengths, size, drop_remainder=drop)
        elif self.order == "length":
            batches = length_order(lengths, size)
        else:
            batches = given_order(len(lengths), size)
        if among is not None:
            batches = [among[rows] for rows in batches]
        if len(batches) == 1:  # then TensorFlow sees one width before the first epoch
            widths = [int(self.widths[-1])]
        else:
            widths = [self._width_of(rows, size) for rows in batches]
        if self.order == "shuffled":
            batches, widths = _widest_first(batches, widths)
        return batches, widths

    def _width_of(self, rows: np.ndarray, size: int) -> int:
        if len(rows) < size:
            return int(self.widths[-1])  # the one incomplete batch then has one shape in all epochs
        return int(self.widths[np.searchsorted(self.widths, self.store.lengths[rows].max())])


class _Steps(int):
    """The steps of an epoch, which end early in a pass that has begun inside the epoch.

    Keras notes the number once for a whole `fit`, and before each step asks whether as many were
    made. Were the number too great, it would begin one more step, for which there is no batch; on
    TensorFlow that step draws random numbers before it fails, and no resumed run would be exact.
    """

    _batches: Batches

    def __new__(cls, number: int, batches: Batches) -> "_Steps":
        steps = super().__new__(cls, number)
        steps._batches = batches
        return steps

    def __le__(self, made: int) -> bool:
        """Whether an epoch with so many steps made is over: `made >= steps`."""
        return int(self) - self._batches.first <= made


class EpochSetter(keras.callbacks.Callback):
    """Tells the batches which epoch `fit` is in, `initial_epoch` counted."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Give the batches the order of this epoch."""
        self._batches.epoch = epoch


def _widest_first(
    batches: list[np.ndarray], widths: list[int]
) -> tuple[list[np.ndarray], list[int]]:
    """Put a widest batch first, where an out-of-memory shows at once."""
    widest = max(range(len(batches)), key=lambda i: (widths[i], len(batches[i])))
    order = [widest, *(i for i in range(len(batches)) if i != widest)]
    return [batches[i] for i in order], [widths[i] for i in order]
