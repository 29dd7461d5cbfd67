"""Drawings as SVG, which a browser shows in the colours of the page around it."""

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kbert.errors import InputError
from kbert.utils.file_errors import writing
from kbert.utils.files import write_text
from kbert.utils.publish import check_free
from kbert.utils.staging import publishing

# A drawing on its own, as a file or in a notebook, has these styles; a page may override them.
STYLE = """
.plot{font:12px system-ui,sans-serif;color:#1a1a1a;background:#fff}
.plot text{fill:currentColor}.plot .axis{stroke:currentColor;opacity:.45}
.plot .grid{stroke:currentColor;opacity:.12}.plot .line{fill:none;stroke-width:2}
.plot .s0{stroke:#0b62a4}.plot .s1{stroke:#d1570a}.plot .s2{stroke:#3b7d23}.plot .s3{stroke:#7a3e9d}
.plot .s1.line{stroke-dasharray:7 4}.plot .s2.line{stroke-dasharray:2 3}
.plot .s3.line{stroke-dasharray:9 3 2 3}.plot .mark{fill:currentColor}
.plot .on-dark text{fill:#fff}.plot .none{opacity:.4}.plot .bar{fill:#0b62a4}
.plot .cell{fill:#0b62a4;stroke:currentColor;stroke-opacity:.15}
"""
"""Lines differ in their dashes too, for those who see no colours."""


_START = '<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img"'
_TITLE, _BETWEEN = 24, 12  # pixels above and below one of several drawings


@dataclass(frozen=True)
class Svg:
    """A drawing.

    Args:
        body: str. Its elements.
        width: int, in pixels.
        height: int, in pixels.
        title: str. What it shows, for those who cannot see it.

    Example:

    ```python
    drawing = Svg("<circle r='5' cx='9' cy='9'/>", width=20, height=20, title="A dot")
    drawing.save("dot.svg")
    ```
    """

    body: str
    width: int
    height: int
    title: str

    @property
    def element(self) -> str:
        """The element for a page that has the styles."""
        return self._element("")

    def _repr_svg_(self) -> str:
        return self._element(f"<style>{STYLE}</style>")

    def _element(self, style: str) -> str:
        title = html.escape(self.title)
        return (
            f'{_START} viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}"><title>{title}</title>{style}{self.body}</svg>'
        )

    def save(self, path: str | Path) -> None:
        """Write the drawing to a file, in one step; an earlier kbert drawing is replaced.

        Args:
            path: str or Path, such as "plot.svg".

        Raises:
            InputError: the name does not end in .svg, the format that is written; or there is
                another file, which is not a kbert drawing.
            MachineError: the disk is full or read-only, or a permission is missing.
        """
        path = Path(path)
        check_drawing(path)
        with writing(path):
            if _is_drawing(path):
                write_text(path, self._repr_svg_())
                return
        with publishing(path, option=None) as new:
            write_text(new, self._repr_svg_())


def check_drawing(path: Path) -> None:
    """Raise InputError if a path does not end in .svg, or is taken by anything but a drawing."""
    if path.suffix.lower() != ".svg":
        raise InputError(
            "A drawing is written as SVG: name a file that ends in .svg. Received: {path}",
            path=path,
        )
    if not _is_drawing(path):
        check_free(path, option=None)


def _is_drawing(path: Path) -> bool:
    """Whether a file is a kbert drawing."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_START)) == _START.encode()


def stacked(drawings: Sequence[Svg], title: str) -> Svg:
    """Return drawings below each other as one, each under its title.

    Args:
        drawings: sequence of Svg.
        title: str. What they show together.
    """
    parts, at = [], 0
    for drawing in drawings:
        parts.append(text(8, at + 16, drawing.title, "start"))
        size = f'width="{drawing.width}" height="{drawing.height}"'
        parts.append(f'<svg x="0" y="{at + _TITLE}" {size}>{drawing.body}</svg>')
        at += _TITLE + drawing.height + _BETWEEN
    return Svg("".join(parts), max(one.width for one in drawings), at, title)


def text(x: float, y: float, content: str, anchor: str = "middle", turned: bool = False) -> str:
    """Return a text at a point."""
    rotate = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    escaped = html.escape(content)
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{rotate}>{escaped}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a straight line of a CSS class."""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{kind}" {ends}/>'


def dot(x: float, y: float) -> str:
    """Return a mark at a point."""
    return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def path(points: Iterable[tuple[float, float]], kind: str) -> str:
    """Return a line through points, with gaps where one is not a number."""
    parts, begins = [], True
    for x, y in points:
        if math.isfinite(y):
            parts.append(f"{'M' if begins else 'L'}{x:.1f} {y:.1f}")
        begins = not math.isfinite(y)
    return f'<path class="{kind}" d="{"".join(parts)}"/>'


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers that divide a range into a few steps.

    Args:
        low: float.
        high: float, above `low`.
        most: int. The maximum number of steps, unless fewer than two of the numbers lie in the
            range. Defaults to 6.

    Example:

    ```python
    assert ticks(0, 0.94) == [0.0, 0.2, 0.4, 0.6, 0.8]
    ```
    """
    least = (high - low) / most
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if first >= last:  # at most one round number lies in the range
        return ticks(low, high, 2 * most)
    return [round(number * step, 12) for number in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return round numbers in a range that is given by the base-10 logarithms of its ends.

    They are powers of ten, and also 2 and 5 times these if the range has few of them.

    Example:

    ```python
    assert log_ticks(-1, 1) == [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
    assert log_ticks(-6, 0) == [1e-6, 1e-4, 1e-2, 1.0]
    ```
    """
    first, last = math.floor(low), math.ceil(high)
    factors = (1, 2, 5) if high - low <= 2 else (1,)
    every = 1 if high - low <= 4 else 2
    return [
        float(f"{factor}e{power}")
        for power in range(first, last + 1, every)
        for factor in factors
        if low - 1e-9 <= math.log10(factor) + power <= high + 1e-9
    ]


def number(value: float) -> str:
    """Return a number for an axis, in few characters."""
    if value and not 1e-3 <= abs(value) < 1e6:
        digits, power = f"{value:.2e}".split("e")
        return f"{float(digits):g}e{int(power)}"
    return f"{value:,.10g}"


def limits(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and the greatest finite value, moved apart if they are equal."""
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    return low, high
