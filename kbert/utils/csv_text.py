"""Rows as CSV text that every reader splits as intended."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from kbert.utils.label_names import HALF_CHARACTER


def csv_line(cells: Iterable[Any]) -> str:
    """Return a row as a line, which ends in a line feed.

    A lone surrogate, which no file can hold, becomes U+FFFD.

    Args:
        cells: iterable of anything that can be written as text.

    Example:

    ```python
    assert csv_line(["a, b", 1]) == '"a, b",1\\n'
    ```
    """
    row = io.StringIO()
    csv.writer(row, lineterminator="\r\n").writerow(cells)  # else a lone CR would not be quoted
    return HALF_CHARACTER.sub("\ufffd", row.getvalue().removesuffix("\r\n") + "\n")


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Return rows as the text of a file; see `csv_line`.

    Args:
        rows: iterable of rows. The first is the header.

    Example:

    ```python
    assert csv_text([["row", "text"], [1, "one\\rline"]]) == 'row,text\\n1,"one\\rline"\\n'
    ```
    """
    return "".join(map(csv_line, rows))
