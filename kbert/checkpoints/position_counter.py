"""Where a `fit` stands, counted by its batches."""

from dataclasses import replace

from kbert.checkpoints.position import Position
from kbert.data.batches import Batches
from kbert.data.segment import Segment


class PositionCounter:
    """Counts epochs, batches and examples of a `fit`.

    Args:
        data: Batches, or None for data whose batches are not known.
        steps: int or None. Batches of an epoch.
        rows: int. Rows of an epoch, or 0 where they are not known.
    """

    def __init__(self, data: Batches | None, steps: int | None, rows: int) -> None:
        self._data = data
        # Batches gives Keras a number that compares as no other does.
        self._steps = None if steps is None else int(steps)
        self._rows = rows
        self._position: Position | None = None  # until an epoch begins, or `position` is set

    @property
    def position(self) -> Position:
        """Where the `fit` stands, after the last batch that was counted."""
        assert self._position is not None, "no epoch has begun"
        return self._position

    @position.setter
    def position(self, position: Position) -> None:
        self._position = position

    def begin(self, epoch: int) -> None:
        """Begin an epoch, or a pass that goes on inside it."""
        if self._position is None:
            made = epoch * (self._steps or 0)
            self._position = Position(epoch, (), epoch * self._rows, made)
        self._start = self._position
        self._made = 0

    def count(self, made: int) -> None:
        """Note that this pass has made so many batches by now."""
        seen, data = self.position.examples_seen, self._data
        if data is not None:
            new = range(data.first + self._made, data.first + made)
            seen += sum(len(data.rows(index)) for index in new)
        self._made = made
        self.position = replace(
            self.position,
            segments=self._segments(made),
            examples_seen=seen,
            batches_done=self._start.batches_done + made,
        )

    def is_last(self, made: int) -> bool:
        """Whether the epoch ends with the batch that this pass makes as its number `made`."""
        first = 0 if self._data is None else self._data.first
        return self._steps is not None and first + made >= self._steps

    def end(self, *, evaluated: bool) -> None:
        """End the epoch: all its rows count as seen, those too that filled no batch."""
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
