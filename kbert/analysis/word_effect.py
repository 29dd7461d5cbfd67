"""What a word does to a prediction."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WordEffect:
    """What a word does to a prediction.

    Args:
        word: str.
        start: int. Where it begins in its text.
        end: int. Where it ends.
        effect: float or None. The output for the whole text, less that without the word; None
            where nothing would be left.
        is_of_pair: bool. Whether it is of the second text. Defaults to False.
    """

    word: str
    start: int
    end: int
    effect: float | None
    is_of_pair: bool = False
