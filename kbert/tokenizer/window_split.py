"""Which tokens of a text, or pair, each of its windows holds."""

from dataclasses import dataclass, field

import numpy as np

from kbert.choices import CutPair
from kbert.tokenizer.windows import Windows

Encoded = tuple[np.ndarray, int]
"""Token ids, and the length of the first segment."""


@dataclass(frozen=True)
class WindowSplit:
    """Splits the tokens of texts, or pairs, into windows of at most `max_length` tokens.

        one text:  [CLS] part of the text [SEP]
        a pair:    [CLS] text [SEP] part of the pair [SEP], or the other way round

    Of a pair one side is windowed, and the other repeated in each window, as for questions and
    their contexts: the side that `cut_pair` names, or the longer one, the second if they are
    equally long. The repeated side is cut to half of the window's tokens, unless the windowed one
    leaves more.

    Args:
        windows: Windows.
        max_length: int. Tokens of a window, including [CLS] and [SEP].
        cut_pair: "longest", "first" or "second". Defaults to "longest".
        is_pair: bool. Whether there are pairs, whose windows have less room. Defaults to False.

    Raises:
        InputError: windows that share all their tokens.

    Example:

    ```python
    split = WindowSplit(Windows(stride=1), max_length=5)
    windows = split.split(np.array([2, 4, 5, 6, 7, 3]), first_length=6)
    assert [ids.tolist() for ids, _ in windows] == [[2, 4, 5, 6, 3], [2, 6, 7, 3]]
    ```
    """

    windows: Windows
    max_length: int
    cut_pair: CutPair = "longest"
    is_pair: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        self.windows.check_room(self.max_length, is_pair=self.is_pair)

    @property
    def most_tokens(self) -> int:
        """The most tokens of a text that are read, including [CLS] and [SEP]."""
        room = self.max_length - 2
        return 2 + room + (self.windows.max_windows - 1) * (room - self.windows.overlap(room))

    def kept(self, firsts: np.ndarray, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how many of the tokens of texts and of their second texts are read.

        Of what is kept the same windows are made as of the whole.

        Args:
            firsts: int array [rows]. Tokens without special ones.
            seconds: int array [rows]. 0 where there is no second text.
        """
        is_first, sides, others, rooms = self._sides(firsts, seconds)
        most = rooms + (self.windows.max_windows - 1) * self._steps(rooms)
        sides = np.minimum(sides, most)
        return np.where(is_first, sides, others), np.where(is_first, others, sides)

    def kept_of(self, first: int, second: int) -> tuple[int, int]:
        """Return how many tokens of one pair are read; see `kept`."""
        if first + second <= self.max_length - 3:
            return first, second
        (first,), (second,) = self.kept(np.array([first]), np.array([second]))
        return int(first), int(second)

    def counts(self, lengths: np.ndarray, first_lengths: np.ndarray) -> np.ndarray:
        """Return the number of windows of rows, an int array [rows].

        Args:
            lengths: int array [rows]. Tokens that are read, as `Tokenizer.encode` returns them.
            first_lengths: int array [rows]. Those of the first segment.
        """
        return self._counts(*_without_special(lengths, first_lengths))

    def window_lengths(
        self, lengths: np.ndarray, first_lengths: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the tokens of each window of all rows, and those of its first segment.

        Args:
            lengths: int array [rows]; see `counts`.
            first_lengths: int array [rows].

        Returns:
            Two int32 arrays [windows], the windows of a row one after the other.
        """
        firsts, seconds = _without_special(lengths, first_lengths)
        is_first, sides, others, rooms = self._sides(firsts, seconds)
        counts = self._counts(firsts, seconds)
        row = np.repeat(np.arange(len(counts)), counts)
        number = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        parts = np.minimum(rooms[row], sides[row] - number * self._steps(rooms)[row])
        windows = parts + (others + 2 + (seconds > 0))[row]
        first = np.where(is_first[row], parts, others[row]) + 2
        return windows.astype(np.int32), first.astype(np.int32)

    def tokens(self, lengths: np.ndarray, first_lengths: np.ndarray) -> np.ndarray:
        """Return the tokens that the windows of each row have together; see `counts`."""
        firsts, seconds = _without_special(lengths, first_lengths)
        _, sides, others, rooms = self._sides(firsts, seconds)
        counts = self._counts(firsts, seconds)
        repeated = others + 2 + (seconds > 0)
        return sides + (counts - 1) * self.windows.overlap(rooms) + counts * repeated

    def split(self, ids: np.ndarray, first_length: int) -> list[Encoded]:
        """Return the windows of a row, each as `pad` takes it.

        Args:
            ids: int array. Tokens that are read, as `Tokenizer.encode` returns them.
            first_length: int. Those of the first segment.
        """
        if len(ids) <= self.max_length:
            return [(ids, first_length)]
        firsts, seconds = _without_special(np.array([len(ids)]), np.array([first_length]))
        is_first, (side,), _, (room,) = self._sides(firsts, seconds)
        begin = 1 if is_first[0] else first_length
        head, tail = ids[:begin], ids[begin + side :]
        step = int(self._steps(room))
        parts = []
        for number in range(int(self._counts(firsts, seconds)[0])):
            start = begin + number * step
            part = ids[start : min(start + room, begin + side)]
            length = len(part) + 2 if is_first[0] else first_length
            parts.append((np.concatenate([head, part, tail]), length))
        return parts

    def _sides(
        self, firsts: np.ndarray, seconds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return whether the first text is windowed, the tokens of that side, those that are kept
        of the other one, and those of the windowed side that a window holds.
        """
        is_pair = seconds > 0
        if self.cut_pair == "longest":
            is_first = ~is_pair | (firsts > seconds)
        else:
            is_first = ~is_pair | (self.cut_pair == "first")
        sides, others = np.where(is_first, firsts, seconds), np.where(is_first, seconds, firsts)
        room = self.max_length - 2 - is_pair
        others = np.minimum(others, np.maximum(room - sides, room // 2))
        return is_first, sides, others, room - others

    def _counts(self, firsts: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        _, sides, _, rooms = self._sides(firsts, seconds)
        beyond = np.maximum(sides - rooms, 0)
        return 1 + -(-beyond // self._steps(rooms))

    def _steps(self, rooms: np.ndarray) -> np.ndarray:
        """Return how far from each other windows begin; of a short side there is one anyway."""
        return np.maximum(rooms - self.windows.overlap(rooms), 1)


def _without_special(
    lengths: np.ndarray, first_lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the tokens of both texts of rows without [CLS] and [SEP]."""
    return first_lengths - 2, np.maximum(lengths - first_lengths - 1, 0)
