"""How a word affects a prediction."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WordEffect:
    """How a word affects a prediction.

    Args:
        word: str.
        start: int. Where it begins in its text.
        end: int. Where it ends.
        effect: float or None. The output for the whole text minus the output without the word; None
            where nothing would be left.
        is_of_pair: bool. Whether it is in the second text. Defaults to False.
    """

    word: str
    start: int
    end: int
    effect: float | None
    is_of_pair: bool = False
