"""How a long text is read in windows."""

from dataclasses import dataclass, fields
from typing import Any, get_args

from kbert.choices import LongText, Pool
from kbert.errors import InputError
from kbert.findings import Joined, Message, Option


@dataclass(frozen=True)
class Windows:
    """How a text that is too long is read: in windows that overlap, whose logits are pooled.

    The second window begins `stride` tokens before the end of the first, and so on to the end of
    the text; the last may be shorter. The logits of a text are the mean or the maximum of those of
    its windows, and the gradient of its loss goes through all of them.

    Args:
        stride: int or None. Tokens of the text that a window shares with the one before it, like
            `stride` of transformers' tokenizers. Defaults to None: a quarter of the window. A
            phrase of up to that length is whole in at least one window, and at most a third more
            tokens are computed than the text has.
        max_windows: int. The maximum number of windows of a text, which limits memory and time; the
            text beyond them is cut. Defaults to 16.
        pool: "mean" or "max" of the windows' logits. Defaults to "mean".

    Raises:
        InputError: a value of another type, or out of range.

    Example:

    ```python
    windows = Windows(stride=32, pool="max")
    assert windows.max_windows == 16
    ```
    """

    stride: int | None = None
    max_windows: int = 16
    pool: Pool = "mean"

    def __post_init__(self) -> None:
        if self.stride is not None:
            _check_whole("stride", self.stride, 0)
        _check_whole("max_windows", self.max_windows, 1)
        if not isinstance(self.pool, str) or self.pool not in get_args(Pool):
            raise InputError(
                "{option} must be one of {known}. Received: {pool!r:.80}",
                option=Option("pool"),
                known=Joined(get_args(Pool)),
                pool=self.pool,
            )

    def check_room(self, max_length: int, *, is_pair: bool = False) -> None:
        """Raise InputError if windows would share all the tokens that they hold of a text.

        Args:
            max_length: int. Tokens of a window, including [CLS] and [SEP].
            is_pair: bool. Whether a window holds a second text too. Defaults to False.
        """
        if self.stride is not None and max_length < self.least_length(is_pair=is_pair):
            raise InputError(
                "{option} must be less than the {room} tokens of {text} that a window holds. "
                "Received: {stride}",
                option=Option("stride"),
                room=(max_length - 2) // 2 if is_pair else max_length - 2,
                text=Message("a pair's longer text") if is_pair else Message("a text"),
                stride=self.stride,
            )

    def least_length(self, *, is_pair: bool = False) -> int:
        """Return the fewest tokens of a window that shares fewer tokens of a text than it holds.

        Args:
            is_pair: bool. Whether a window holds a second text too, which takes at most half of it.
                Defaults to False.
        """
        new = (self.stride or 0) + 1
        return 2 * new + 2 if is_pair else new + 2

    def overlap(self, room: Any) -> Any:
        """Return how many tokens two windows share, given the tokens of the text that one holds."""
        return room // 4 if self.stride is None else self.stride


def known_windows(long_text: LongText, windows: Any) -> Windows | None:
    """Return how long texts are read in windows, or None if they are cut.

    Args:
        long_text: str.
        windows: Windows, a dict of its arguments as in a tokenizer's configuration, or None.

    Raises:
        InputError: `windows` is none of these, or is given with another `long_text`.
    """
    if windows is None:
        return Windows() if long_text == "windows" else None
    if long_text != "windows":
        raise InputError(
            "{option} belongs to {long_text}.",
            option=Option("windows"),
            long_text=Option("long_text", "windows"),
        )
    if isinstance(windows, Windows):
        return windows
    known = [field.name for field in fields(Windows)]
    if not isinstance(windows, dict) or not windows.keys() <= set(known):
        raise InputError(
            "{option} must be Windows, or a dict of {known}. Received: {windows!r:.80}",
            option=Option("windows"),
            known=Joined(known),
            windows=windows,
        )
    return Windows(**windows)


def _check_whole(name: str, value: Any, least: int) -> None:
    if type(value) is not int or value < least:
        raise InputError(
            "{option} must be a whole number of at least {least}. Received: {value!r:.80}",
            option=Option(name),
            least=least,
            value=value,
        )
