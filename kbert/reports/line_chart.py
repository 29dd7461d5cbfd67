"""Lines over a common axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kbert.reports.svg import Svg, dot, limits, line, log_ticks, number, path, text, ticks

_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 14, 24, 40
_STYLES = 4
_MARKED = 30  # points; a line with more has no marks


@dataclass(frozen=True)
class Line:
    """A line of a chart.

    Args:
        name: str. What the legend calls it; empty where it has none.
        x: sequence of float, ascending.
        y: sequence of float; NaN leaves a gap.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    x_label: str,
    y_label: str,
    y_limits: tuple[float, float] | None = None,
    log: bool = False,
    width: int = 560,
    height: int = 250,
) -> Svg:
    """Draw lines over a common axis.

    Args:
        lines: sequence of Line.
        title: str. What the chart shows, for those who cannot see it.
        x_label: str.
        y_label: str.
        y_limits: tuple of float or None. Defaults to None: those of the values.
        log: bool. Whether the y axis is logarithmic. Values must then be above 0; others leave a
            gap. Defaults to False.
        width: int, in pixels. Defaults to 560.
        height: int, in pixels. Defaults to 250.

    Example:

    ```python
    loss = Line("loss", x=[1, 2, 3], y=[0.9, 0.5, 0.4])
    line_chart([loss], title="Loss", x_label="update", y_label="loss").save("loss.svg")
    ```
    """
    left, right = limits([x for one in lines for x in one.x])
    heights = [_heights(one.y, log) for one in lines]
    low, high = y_limits or limits([y for of_line in heights for y in of_line])
    end, bottom = width - _RIGHT, height - _BOTTOM

    def across(x: float) -> float:
        return _LEFT + (x - left) / (right - left) * (end - _LEFT)

    def up(y: float) -> float:
        return bottom - (y - low) / (high - low) * (bottom - _TOP)

    parts = []
    for tick in log_ticks(low, high) if log else ticks(low, high, 5):
        at_tick = up(math.log10(tick) if log else tick)
        parts.append(line(_LEFT, at_tick, end, at_tick, "grid"))
        parts.append(text(_LEFT - 6, at_tick + 4, number(tick), "end"))
    for tick in ticks(left, right, 8):
        parts.append(line(across(tick), bottom, across(tick), bottom + 4, "axis"))
        parts.append(text(across(tick), bottom + 17, number(tick)))
    parts.append(line(_LEFT, bottom, end, bottom, "axis"))
    parts.append(text((_LEFT + end) / 2, height - 6, x_label))
    parts.append(text(14, (_TOP + bottom) / 2, y_label, turned=True))
    at = float(_LEFT)
    for place, one in enumerate(lines):
        style = f"s{place % _STYLES}"
        points = [(across(x), up(y)) for x, y in zip(one.x, heights[place], strict=True)]
        parts.append(path(points, f"line {style}"))
        if len(points) <= _MARKED:
            parts += [dot(x, y) for x, y in points if math.isfinite(y)]
        if not one.name:
            continue
        parts.append(line(at, 10, at + 26, 10, f"line {style}"))
        parts.append(text(at + 31, 14, one.name, "start"))
        at += 50 + 7 * len(one.name)
    return Svg("".join(parts), width, height, title)


def _heights(values: Sequence[float], log: bool) -> list[float]:
    if not log:
        return list(values)
    return [math.log10(value) if value > 0 else math.nan for value in values]
