"""A table of numbers in shades."""

import html
import unicodedata
from collections.abc import Sequence

import numpy as np

from kbert.findings import worded
from kbert.reports.svg import Svg, text

_CELL, _LETTER, _TITLE = 46, 7, 20
_MOST_LETTERS = 24
_DARK = 0.55  # the share from which the number is written in white


def matrix_chart(matrix: np.ndarray, names: Sequence[str], *, title: str) -> Svg:
    """Draw how many rows of each class [true] are predicted as each class [predicted].

    A cell is as dark as its share of the rows of its class.

    Args:
        matrix: int array [labels, labels].
        names: sequence of str. The labels.
        title: str. What the chart shows, for those who cannot see it.

    Example:

    ```python
    matrix_chart(np.array([[9, 1], [2, 8]]), ["no", "yes"], title="Confusions").save("c.svg")
    ```
    """
    shown = [_shortened(name, _MOST_LETTERS) for name in names]
    longest = max((_width(name) for name in shown), default=0)
    left = 34 + longest
    is_turned = longest > _CELL - 4  # the names of columns
    top = _TITLE + (longest + 10 if is_turned else 24)
    totals = matrix.sum(axis=1, keepdims=True)
    shares = matrix / np.maximum(totals, 1)
    parts = [text(left + _CELL * len(names) / 2, 14, worded("predicted"))]
    parts.append(text(12, top + _CELL * len(names) / 2, worded("label"), turned=True))
    for place, name in enumerate(shown):
        at = left + _CELL * (place + 0.5)
        anchor, x = ("start", at + 4) if is_turned else ("middle", at)
        whole = f"<title>{html.escape(names[place])}</title>"  # where the pointer rests
        parts.append(f"<g>{whole}{text(x, top - 8, name, anchor, turned=is_turned)}</g>")
        own = text(left - 6, top + _CELL * (place + 0.5) + 4, name, "end")
        parts.append(f"<g>{whole}{own}</g>")
    for row, of_row in enumerate(matrix.tolist()):
        for column, count in enumerate(of_row):
            x, y, share = left + _CELL * column, top + _CELL * row, shares[row, column]
            parts.append(
                f'<rect class="cell" x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" '
                f'fill-opacity="{share:.3f}"/>'
            )
            kind = ' class="on-dark"' if share >= _DARK else ' class="none"' if not count else ""
            parts.append(f"<g{kind}>{text(x + _CELL / 2, y + _CELL / 2 + 4, f'{count:,}')}</g>")
    size = _CELL * len(names)
    return Svg("".join(parts), left + size + 8, top + size + 8, title)


def _shortened(name: str, most: int) -> str:
    """Return a name in few letters: its two ends, since names often begin alike."""
    return name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-(most // 2) :]}"


def _width(name: str) -> int:
    """Return about how many pixels a name takes: a Chinese character is twice as wide."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in name)
    return _LETTER * len(name) + (12 - _LETTER) * wide
