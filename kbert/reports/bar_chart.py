"""Numbers as bars."""

from collections.abc import Sequence
from itertools import pairwise

from kbert.reports.svg import Svg, limits, line, number, text, ticks

_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 14, 12, 40
_NAMES = 18  # above the bars, for the names of marks


def bar_chart(
    edges: Sequence[float],
    heights: Sequence[float],
    *,
    title: str,
    x_label: str,
    y_label: str,
    marks: Sequence[tuple[float, str]] = (),
    width: int = 560,
    height: int = 250,
) -> Svg:
    """Draw a histogram.

    Args:
        edges: sequence of float, ascending: one more than there are bars.
        heights: sequence of float.
        title: str. What the chart shows, for those who cannot see it.
        x_label: str.
        y_label: str.
        marks: sequence of (place, name). Vertical lines, such as a limit. Defaults to ().
        width: int, in pixels. Defaults to 560.
        height: int, in pixels. Defaults to 250.

    Example:

    ```python
    lengths = bar_chart([0, 16, 32], [7, 3], title="Lengths", x_label="tokens", y_label="texts")
    ```
    """
    left, right = limits([*edges, *(place for place, _ in marks)])
    high = max(heights, default=0) or 1
    end, bottom = width - _RIGHT, height - _BOTTOM
    top = _TOP + (_NAMES if marks else 0)

    def across(x: float) -> float:
        return _LEFT + (x - left) / (right - left) * (end - _LEFT)

    def up(y: float) -> float:
        return bottom - y / high * (bottom - top)

    parts = []
    for tick in ticks(0, high, 4):
        parts.append(line(_LEFT, up(tick), end, up(tick), "grid"))
        parts.append(text(_LEFT - 6, up(tick) + 4, number(tick), "end"))
    for (start, stop), tall in zip(pairwise(edges), heights, strict=True):
        wide = max(across(stop) - across(start) - 1, 0.5)
        size = f'width="{wide:.1f}" height="{bottom - up(tall):.1f}"'
        parts.append(f'<rect class="bar" x="{across(start):.1f}" y="{up(tall):.1f}" {size}/>')
    for tick in ticks(left, right, 8):
        parts.append(text(across(tick), bottom + 17, number(tick)))
    for place, name in marks:
        at = across(place)
        parts.append(line(at, _TOP, at, bottom, "line s1"))
        aside, anchor = (5, "start") if at < (_LEFT + end) / 2 else (-5, "end")
        parts.append(text(at + aside, _TOP + 9, name, anchor))
    parts.append(line(_LEFT, bottom, end, bottom, "axis"))
    parts.append(text((_LEFT + end) / 2, height - 6, x_label))
    parts.append(text(14, (top + bottom) / 2, y_label, turned=True))
    return Svg("".join(parts), width, height, title)
