"""What a reader yields: a row, or a bad row with the reason and the cure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One row of a source: its number from 1, its line in the file (0: no lines), its cells."""

    number: int
    line: int
    cells: Sequence[Any]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used, why, and what to do."""

    source: str
    number: int
    line: int
    reason: str
    cure: str
    content: str = ""

    def __str__(self) -> str:
        """Return where, why and the cure, in one line."""
        line = f" (line {self.line})" if self.line else ""
        return f"{self.source}, row {self.number}{line}: {self.reason}. {self.cure}"


@dataclass(frozen=True)
class Table:
    """The columns of a source and an iterator over its rows, which is read once."""

    source: str
    columns: Sequence[str]
    rows: Iterator[Row | BadRow]
    has_header: bool = True
