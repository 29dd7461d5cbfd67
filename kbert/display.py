"""Texts in the cells of a terminal, of which a Chinese character takes two."""

import re
from collections.abc import Iterable, Sequence

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What a line is broken between: runs without blanks, and wide characters, each with the
# punctuation that must not begin a line.
_UNITS = re.compile(
    r"[（《“【]*[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef][，。；：！？、）》”】]*"
    r"|[^\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef（《“【]+[，。；：！？、）》”】]*|\s+|."
)


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes, without its colours.

    Args:
        text: str.

    Example:

    ```python
    assert cells("好评 ok") == 7
    ```
    """
    if text.isascii() and "\x1b" not in text:
        return len(text)
    from rich.cells import cell_len

    return cell_len(_COLOURS.sub("", text))


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return a text with blanks up to a number of cells; a longer one stays as it is.

    Args:
        text: str.
        width: int. Cells.
        right: bool. Whether the text stands at the right. Defaults to False.
    """
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


def in_one_line(text: str, width: int) -> str:
    """Return a text in one line of at most so many cells, with an ellipsis where it is cut.

    Args:
        text: str.
        width: int. Cells.
    """
    line = " ".join(text.split())
    if cells(line) <= width:
        return line
    from rich.cells import set_cell_size

    return set_cell_size(line, width - 1).rstrip() + "…"


def column(texts: Sequence[str], width: int) -> list[str]:
    """Return texts, each in one line, with the same number of cells.

    Args:
        texts: sequence of str.
        width: int. The cells that they have at most.
    """
    lines = [in_one_line(text, width) for text in texts]
    widest = max(map(cells, lines), default=0)
    return [padded(line, widest) for line in lines]


def table(
    rows: Sequence[Sequence[object]], *, indent: str = "  ", left: Iterable[int] = (0,)
) -> str:
    """Return rows of cells, the first of which are the names, as lines with aligned columns.

    Args:
        rows: sequence of sequences of texts or messages.
        indent: str. Before every line. Defaults to two blanks.
        left: iterable of int. The columns that stand at the left. Defaults to the first.
    """
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*texts, strict=True)]
    at_left = set(left)
    lines = (
        "  ".join(
            padded(cell, width, right=place not in at_left)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in texts
    )
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text, none longer than a number of cells if it can be broken there.

    Words and flags stay whole. Chinese is broken between characters, never before punctuation.

    Args:
        text: str.
        width: int. Cells.
    """
    lines, line = [], ""
    for unit in _UNITS.findall(" ".join(text.split())):
        if line and cells(line + unit.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        if line or not unit.isspace():
            line += unit
    return [*lines, line.rstrip()] if line.strip() else lines
