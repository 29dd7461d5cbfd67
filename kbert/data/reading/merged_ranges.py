"""The merged cells of a sheet, row by row."""

from collections.abc import Iterator, Sequence

Range = tuple[int, int, int, int]


class MergedRanges:
    """The cells that are hidden by the first cell of their merged range.

    Args:
        ranges: sequence of (first column, first row, last column, last row), each from 1.

    Example:

    ```python
    merged = MergedRanges([(1, 2, 1, 3)])  # A2:A3
    assert list(merged.row(2)) == []
    assert list(merged.row(3)) == [(0, "merged with row 2")]
    ```
    """

    def __init__(self, ranges: Sequence[Range]) -> None:
        self._ahead = sorted(ranges, key=lambda found: -found[1])
        self._open: list[Range] = []

    def row(self, number: int) -> Iterator[tuple[int, str]]:
        """Yield the position of each hidden cell of a row, and where its value is.

        Rows must be requested in order.
        """
        while self._ahead and self._ahead[-1][1] <= number:
            self._open.append(self._ahead.pop())
        self._open = [found for found in self._open if found[3] >= number]
        for left, top, right, _ in self._open:
            for column in range(left, right + 1):
                if (column, number) != (left, top):
                    yield column - 1, f"merged with row {top}"
