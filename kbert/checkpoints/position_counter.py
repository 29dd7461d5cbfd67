"""The position of a `fit`, counted by its batches."""

from dataclasses import replace

from kbert.checkpoints.position import Position
from kbert.data.batches import Batches
from kbert.data.segment import Segment


class PositionCounter:
    """Counts epochs, batches and examples of a `fit`.

    Args:
        data: Batches, or None for data whose batches are not known.
        steps: int or None. Batches of an epoch.
        rows: int. Rows of an epoch, or 0 if they are not known.
    """

    def __init__(self, data: Batches | None, steps: int | None, rows: int) -> None:
        self._data = data
        # As a plain int: the number of steps of Batches has its own comparison.
        self._steps = None if steps is None else int(steps)
        self._rows = rows
        self._position: Position | None = None  # until an epoch begins, or `position` is set

    @property
    def position(self) -> Position:
        """The position after the last batch that was counted."""
        assert self._position is not None, "no epoch has begun"
        return self._position

    @position.setter
    def position(self, position: Position) -> None:
        self._position = position

    def begin(self, epoch: int) -> None:
        """Begin an epoch, or the rest of one that is resumed."""
        if self._position is None:
            batches = epoch * (self._steps or 0)
            self._position = Position(epoch, (), epoch * self._rows, batches)
        self._start = self._position
        self._done = 0

    def count(self, done: int) -> None:
        """Note that this many batches of the pass are done."""
        seen, data = self.position.examples_seen, self._data
        if data is not None:
            new = range(data.first + self._done, data.first + done)
            seen += sum(len(data.rows(index)) for index in new)
        self._done = done
        self.position = replace(
            self.position,
            segments=self._segments(done),
            examples_seen=seen,
            batches_done=self._start.batches_done + done,
        )

    def is_last(self, done: int) -> bool:
        """Whether the epoch ends after this many batches of the pass."""
        first = 0 if self._data is None else self._data.first
        return self._steps is not None and first + done >= self._steps

    def end(self, *, evaluated: bool) -> None:
        """End the epoch: all its rows count as seen, including those that did not fill a batch."""
        epoch = self._start.epoch + 1
        rows = self._rows
        self.position = replace(
            self.position,
            epoch=epoch,
            segments=(),
            examples_seen=(self._start.examples_seen // rows + 1) * rows if rows else 0,
            evaluated=evaluated,
        )

    def _segments(self, done: int) -> tuple[Segment, ...]:
        size = 0 if self._data is None else self._data.batch_size
        before = self._start.segments
        if before and before[-1].batch_size == size:
            return (*before[:-1], Segment(size, before[-1].batches + done))
        return (*before, Segment(size, done))
