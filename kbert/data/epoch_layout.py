"""The batches of an epoch and their widths, including those of a resumed epoch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kbert.data.epoch_order import epoch_order, given_order, length_order, random_order
from kbert.data.segment import Segment

Order = Literal["shuffled", "packed", "given", "length"]


@dataclass(frozen=True)
class EpochLayout:
    """Which rows each batch of an epoch holds, and the width that it is padded to.

    Args:
        rows: sequence of int arrays. The row numbers of each batch.
        widths: sequence of int. The width of each batch.
        first: int. The first batch that has not been trained; above 0 in a resumed epoch. Defaults
            to 0.
    """

    rows: Sequence[np.ndarray]
    widths: Sequence[int]
    first: int = 0

    @classmethod
    def build(
        cls,
        lengths: np.ndarray,
        widths: Callable[[int], np.ndarray],
        *,
        batch_size: int,
        order: Order = "given",
        seed: int = 0,
        epoch: int = 0,
        drop_remainder: bool = False,
        segments: Sequence[Segment] = (),
        windows: np.ndarray | None = None,
    ) -> "EpochLayout":
        """Return the layout of an epoch, a pure function of the arguments.

        All its batches are computed at once. A random order is that of version 1, the only one for
        up to `MAX_ROWS_AT_ONCE` rows; for more rows, see `pooled_layout`.

        Args:
            lengths: int array [rows]. Tokens of each row.
            widths: function of a batch size that returns the widths to choose from, an ascending
                int array, the last of which holds every row. It is also called with the batch sizes
                of the segments, as the order of what was trained depends on their widths.
            batch_size: int. Rows per batch.
            order: "shuffled", "packed", "given" or "length", as in `Batches`. Defaults to "given".
            seed: int. The seed of a random order. Defaults to 0.
            epoch: int. The epoch of a random order. Defaults to 0.
            drop_remainder: bool. Leave out the incomplete batch of a random order. Defaults to
                False.
            segments: sequence of Segment. The part of the epoch that has been trained. If the last
                has another batch size, the remaining rows are batched again. Defaults to ().
            windows: int array [rows] or None. The number of windows of each row, if rows are read
                in windows. Defaults to None: each has one.
        """

        def lay_out(size: int, among: np.ndarray | None = None) -> "EpochLayout":
            """Return the batches of all rows, or of some."""
            known = lengths if among is None else lengths[among]
            if order == "shuffled":
                batches = epoch_order(seed, epoch, known, size, drop_remainder=drop_remainder)
            elif order == "packed":
                batches = random_order(seed, epoch, len(known), size, drop_remainder=drop_remainder)
            elif order == "length":
                batches = length_order(known, size)
            else:
                batches = given_order(len(known), size)
            if among is not None:
                batches = [among[rows] for rows in batches]
            layout = cls(tuple(batches), _choose(batches, size, lengths, widths(size)))
            return layout._widest_first(windows) if order == "shuffled" else layout

        whole = lay_out(batch_size)
        if not segments:
            return whole
        *earlier, last = segments
        done = last.batches
        if last.batch_size != batch_size:
            earlier, done = [*segments], 0
        left = np.arange(len(lengths))
        for segment in earlier:
            trained = lay_out(segment.batch_size, left).rows[: segment.batches]
            left = np.setdiff1d(left, np.concatenate([left[:0], *trained]))
        rest = lay_out(batch_size, left)
        first = len(whole.rows) - len(rest.rows[done:])
        return cls(
            (*whole.rows[:first], *rest.rows[done:]),
            (*whole.widths[:first], *rest.widths[done:]),
            first,
        )

    def _widest_first(self, windows: np.ndarray | None) -> "EpochLayout":
        """Put a widest batch first, so that running out of memory shows at once."""
        order = list(range(len(self.rows)))
        sizes = [len(rows) if windows is None else windows[rows].sum() for rows in self.rows]
        widest = max(order, key=lambda i: (self.widths[i], sizes[i]), default=0)
        order.sort(key=lambda i: i != widest)
        return EpochLayout(tuple(self.rows[i] for i in order), tuple(self.widths[i] for i in order))


def _choose(
    batches: Sequence[np.ndarray], size: int, lengths: np.ndarray, widths: np.ndarray
) -> tuple[int, ...]:
    """Return the narrowest width that holds each batch.

    A single batch gets the largest width, so that TensorFlow sees one width before the first epoch.
    So does an incomplete batch, which then has the same shape in all epochs.
    """
    return tuple(
        int(widths[-1])
        if len(batches) == 1 or len(rows) < size
        else int(widths[np.searchsorted(widths, lengths[rows].max())])
        for rows in batches
    )
