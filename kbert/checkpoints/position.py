"""Where a training stands; readable without Keras."""

from dataclasses import asdict, dataclass
from typing import Any

from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class Position:
    """Where a training stands.

    Args:
        epoch: int. Whole epochs trained.
        parts: tuple of (batch size, batches). What was made of the epoch after those; more than
            one part where the plan was changed inside the epoch.
        examples_seen: int. Rows trained on, repetitions counted.
        batches_done: int. Batches of the whole training, whatever plans it had.
        evaluated: bool. Whether the last whole epoch has been evaluated. Defaults to True.

    Example:

    ```python
    assert Position(epoch=1, parts=((8, 3),), examples_seen=104, batches_done=13).batch == 3
    ```
    """

    epoch: int
    parts: tuple[tuple[int, int], ...]
    examples_seen: int
    batches_done: int
    evaluated: bool = True

    @property
    def batch(self) -> int:
        """Batches made of the epoch that has begun."""
        return sum(batches for _, batches in self.parts)

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
            TypeError, ValueError, KeyError: it describes none.
        """
        parts = tuple((_count(size), _count(batches)) for size, batches in values["parts"])
        names = ("epoch", "examples_seen", "batches_done")
        numbers = {name: _count(values[name]) for name in names}
        return cls(parts=parts, evaluated=bool(values["evaluated"]), **numbers)

    def __str__(self) -> str:
        """Return the position for a person."""
        within = f" and {_batches(self.batch)} of the next" if self.batch else ""
        epochs = count_noun(self.epoch, "whole epoch")
        return f"{epochs}{within} ({count_noun(self.examples_seen, 'example')})"


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} counts nothing")
    return value


def _batches(number: int) -> str:
    return f"{number:,} batch" + "es" * (number != 1)
