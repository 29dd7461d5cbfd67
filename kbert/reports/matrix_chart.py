"""A table of numbers in shades."""

from collections.abc import Sequence

import numpy as np

from kbert.reports.svg import Svg, text

_CELL, _LETTER, _TOP = 46, 7, 44
_MOST_LETTERS = 18
_DARK = 0.55  # from which share on the number is written in white


def matrix_chart(matrix: np.ndarray, names: Sequence[str], *, title: str) -> Svg:
    """Draw how many rows of each class [true] are taken for which [predicted].

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
    left = 34 + _LETTER * max(map(len, shown), default=0)
    totals = matrix.sum(axis=1, keepdims=True)
    shares = matrix / np.maximum(totals, 1)
    parts = [text(left + _CELL * len(names) / 2, 14, "predicted")]
    parts.append(text(12, _TOP + _CELL * len(names) / 2, "label", turned=True))
    for place, name in enumerate(shown):
        at = left + _CELL * (place + 0.5)
        parts.append(text(at, _TOP - 8, _shortened(name, _CELL // _LETTER)))
        parts.append(text(left - 6, _TOP + _CELL * (place + 0.5) + 4, name, "end"))
    for row, of_row in enumerate(matrix.tolist()):
        for column, count in enumerate(of_row):
            x, y, share = left + _CELL * column, _TOP + _CELL * row, shares[row, column]
            parts.append(
                f'<rect class="cell" x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" '
                f'fill-opacity="{share:.3f}"/>'
            )
            kind = ' class="on-dark"' if share >= _DARK else ""
            parts.append(f"<g{kind}>{text(x + _CELL / 2, y + _CELL / 2 + 4, f'{count:,}')}</g>")
    size = _CELL * len(names)
    return Svg("".join(parts), left + size + 8, _TOP + size + 8, title)


def _shortened(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
