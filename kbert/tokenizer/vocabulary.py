"""Vocabularies in files."""

from collections.abc import Sequence


def parse_vocab_txt(data: bytes) -> list[str]:
    """Return the pieces of a vocab.txt.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    # Only "\n" ends a piece: a vocabulary may contain Unicode line separators. The byte order mark
    # of Windows's editors is none of the first piece.
    text = data.decode("utf-8-sig").removesuffix("\n")
    return [piece.strip() for piece in text.split("\n")]


def without_shadowed(vocabulary: Sequence[str], *, blanks_too: bool = False) -> list[str]:
    """Return a vocabulary in which each piece occurs once, with the same ids for every text.

    Of a piece that occurs twice, the last id counts, for Google as for transformers. The places of
    the others get names that no word can have, since "[" is a word of its own.

    Args:
        vocabulary: sequence of str.
        blanks_too: bool. Whether pieces with blanks around or line ends inside, which no word
            has and no vocab.txt can hold, get such names too. Defaults to False.

    Example:

    ```python
    assert without_shadowed(["a", "b", "a"]) == ["[never 0]", "b", "a"]
    ```
    """
    last = {piece: number for number, piece in enumerate(vocabulary)}
    return [
        _free_name(number, last)
        if last[piece] != number or (blanks_too and (piece != piece.strip() or "\n" in piece))
        else piece
        for number, piece in enumerate(vocabulary)
    ]


def _free_name(number: int, taken: dict[str, int]) -> str:
    name = f"[never {number}]"
    while name in taken:
        name = f"[{name}]"
    return name
