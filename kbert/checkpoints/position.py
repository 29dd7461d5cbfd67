"""A position in a run; readable without Keras."""

from dataclasses import asdict, dataclass
from typing import Any

from kbert.data.segment import Segment
from kbert.findings import worded
from kbert.utils.wording import count_noun

_OLD_NAMES = {"parts": "segments", "batches_made": "batches_done"}  # of kbert 0.1


@dataclass(frozen=True)
class Position:
    """A position in a run: between two batches, or between two epochs.

    Args:
        epoch: int. Whole epochs trained.
        segments: tuple of Segment. What was trained of the next epoch; more than one if the plan
            was changed inside the epoch.
        examples_seen: int. Rows trained on, including repetitions.
        batches_done: int. Batches of the whole run, under all its plans.
        evaluated: bool. Whether the last whole epoch has been evaluated. Defaults to True.

    Example:

    ```python
    assert Position(1, (Segment(8, 3),), examples_seen=104, batches_done=13).batch == 3
    ```
    """

    epoch: int
    segments: tuple[Segment, ...]
    examples_seen: int
    batches_done: int
    evaluated: bool = True

    @property
    def batch(self) -> int:
        """Batches trained in the epoch that has begun."""
        return sum(batches for _, batches in self.segments)

    @property
    def name(self) -> str:
        """The position as part of a file name."""
        return f"epoch-{self.epoch}-batch-{self.batch}"

    def to_dict(self) -> dict[str, Any]:
        """Return the position as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Position":
        """Return the position that `to_dict` described.

        Raises:
            TypeError, ValueError, KeyError: it does not describe one.
        """
        values = {_OLD_NAMES.get(name, name): value for name, value in dict(values).items()}
        segments = tuple(Segment(count(n), count(batches)) for n, batches in values["segments"])
        names = ("epoch", "examples_seen", "batches_done")
        numbers = {name: count(values[name]) for name in names}
        return cls(segments=segments, evaluated=bool(values["evaluated"]), **numbers)

    def __str__(self) -> str:
        batches = count_noun(self.batch, "batch", "batches")
        within = worded(" and {batches} of the next", batches=batches) if self.batch else ""
        epochs = count_noun(self.epoch, "whole epoch")
        return f"{epochs}{within} ({count_noun(self.examples_seen, 'example')})"


def count(value: Any) -> int:
    """Return a value that is a count, or raise ValueError for any other value."""
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value
