"""How long the texts of a set are, in tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_BARS = 32
_CHUNK = 2**20  # lengths that are counted at a time


@dataclass(frozen=True)
class LengthHistogram:
    """How many texts of a set have how many tokens.

    Args:
        most: int. The maximum number of tokens that a model reads of a text.
        counts: tuple of int. The number of texts in each part of the range from 0 to `most`. All
            parts are equally wide; texts of `most` tokens or more are in the last one.
        full: int. The number of texts of `most` tokens or more.
        tokens: int. The number of tokens of all texts, as far as they are read.

    Example:

    ```python
    histogram = LengthHistogram.of([5, 9, 128], most=128)
    assert (histogram.rows, histogram.full, histogram.edges[:2]) == (3, 1, (0, 4))
    ```
    """

    most: int
    counts: tuple[int, ...]
    full: int
    tokens: int

    @classmethod
    def of(cls, lengths: Sequence[int] | np.ndarray, most: int) -> "LengthHistogram":
        """Return the histogram of lengths.

        Args:
            lengths: sequence of int. The number of tokens of each text.
            most: int. The maximum number of tokens that a model reads of a text.
        """
        width = -(-most // _BARS)
        bars = -(-most // width)
        counts, full, tokens = np.zeros(bars, np.int64), 0, 0
        for start in range(0, len(lengths), _CHUNK):
            read = np.minimum(np.asarray(lengths[start : start + _CHUNK], np.int64), most)
            counts += np.bincount(np.minimum(read // width, bars - 1), minlength=bars)
            full, tokens = full + int((read == most).sum()), tokens + int(read.sum())
        return cls(most, tuple(counts.tolist()), full, tokens)

    @property
    def rows(self) -> int:
        """How many texts there are."""
        return sum(self.counts)

    @property
    def mean(self) -> float:
        """The mean number of tokens of a text, as far as they are read."""
        return self.tokens / max(self.rows, 1)

    @property
    def share_full(self) -> float:
        """The share of the texts that have `most` tokens or more."""
        return self.full / max(self.rows, 1)

    @property
    def edges(self) -> tuple[int, ...]:
        """Where the parts begin, and the end of the last."""
        width = -(-self.most // len(self.counts))
        return (*(width * place for place in range(len(self.counts))), self.most)

    def to_dict(self) -> dict[str, Any]:
        """Return the histogram as plain data."""
        values = {"most": self.most, "full": self.full, "tokens": self.tokens}
        return {**values, "counts": list(self.counts)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "LengthHistogram":
        """Return the histogram that `to_dict` described.

        Raises:
            KeyError, TypeError, ValueError: the values describe none.
        """
        counts = tuple(int(count) for count in values["counts"])
        most = int(values["most"])
        if not 0 < len(counts) <= _BARS or most < 1 or min(counts) < 0:
            raise ValueError("not the counts of a histogram")
        return cls(most, counts, int(values["full"]), int(values["tokens"]))
