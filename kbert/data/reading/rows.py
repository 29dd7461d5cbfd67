"""What a reader yields: a row, or a bad row with the reason and the cure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kbert.data.reading.row_text import as_delimited
from kbert.errors import InputError
from kbert.findings import Cure, Message, Problem

SKIP_CURE = Cure({"on_bad_row": "skip"}, note="to leave such rows out")


@dataclass(frozen=True)
class Row:
    """One row of a source: its number from 1, its line in the file (0: no lines), its cells."""

    number: int
    line: int
    cells: Sequence[Any]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used, and why."""

    source: str
    number: int
    line: int
    problem: Problem
    content: str = ""

    @property
    def reason(self) -> str:
        """What is wrong with it."""
        return str(self.problem)

    def place(self, *, with_file: bool = False) -> Message:
        """Return "row 3 (line 4)", with the file where there are several: "row 3 of b.parquet"."""
        row = (
            Message("row {number} (line {line})", number=self.number, line=self.line)
            if self.line
            else Message("row {number}", number=self.number)
        )
        return Message("{row} of {file}", row=row, file=self.source) if with_file else row

    def to_error(self) -> InputError:
        """Return the error: where the row is, why it cannot be used, and the cures."""
        cure = self.problem.cure
        return self._error(replace(cure, otherwise=(*cure.otherwise, SKIP_CURE)))

    def __str__(self) -> str:
        return str(self._error(self.problem.cure))

    def _error(self, cure: Cure) -> InputError:
        place = "{source}, row {number} (line {line})" if self.line else "{source}, row {number}"
        return InputError(
            f"{place}: {{problem}}.",
            source=self.source,
            number=self.number,
            line=self.line,
            problem=self.problem,
            cure=cure,
        )


@dataclass(frozen=True)
class Table:
    """The columns of a source and an iterator over its rows, which is read once.

    Args:
        source: str. The name that messages use.
        columns: sequence of str. Their names.
        rows: iterator of Row and BadRow.
        has_header: bool or None. Whether a file's first row was read as the names. Defaults to
            None: the source names its columns in another way.
        left_out: what each column that is left out holds, by name, such as "lists". Defaults to
            none.
        late: the names that only rows after the first have, each with the first such row. It is
            filled while the rows are read.
        written: function that returns the text of a row's cells as the file has them. Defaults to
            one that writes them as in a CSV file.
    """

    source: str
    columns: Sequence[str]
    rows: Iterator[Row | BadRow]
    has_header: bool | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    late: Mapping[str, int] = field(default_factory=dict)
    written: Callable[[Sequence[Any]], str] = as_delimited
