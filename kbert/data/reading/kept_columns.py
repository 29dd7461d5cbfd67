"""The columns of a source that are kept beside the predictions for its rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from kbert.data.reading.columns import listed_columns
from kbert.data.reading.many_files import open_tables, pattern_of
from kbert.data.reading.open_table import TableFormat
from kbert.data.reading.row_text import cut
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.errors import InputError
from kbert.findings import Cure, Option, Problem

KEPT_ALL, KEPT_NONE = "all", "none"
_MAX_LISTED = 12
CheckCell = Callable[[Any], Problem | None]


@dataclass(frozen=True)
class KeptColumns:
    """The columns of a source that are kept, read a second time, row by row.

    Only the row that is being read is in memory.

    Args:
        source: what `read_examples` takes; an open file must allow reading from its start again.
        layout: TableFormat. How it is read.
        names: tuple of str. The columns, in their order.
    """

    source: Any
    layout: TableFormat
    names: tuple[str, ...]

    @classmethod
    def find(
        cls,
        source: Any,
        layout: TableFormat,
        keep: str | Sequence[str] = KEPT_ALL,
        check: CheckCell | None = None,
    ) -> "KeptColumns":
        """Return the columns to keep, after reading every row.

        Several files may differ in columns other than those of texts and labels. All of these are
        kept; where a file lacks one, its cells are missing.

        Args:
            source: what `read_examples` takes.
            layout: TableFormat.
            keep: str or sequence of str. "all", "none", or the names of columns, as a list or
                separated by commas. Defaults to "all".
            check: callable or None. Returns why a cell cannot be kept, or None. Defaults to None.

        Raises:
            InputError: a column is missing, several have one name, or a cell cannot be kept.
        """
        if keep == KEPT_NONE:
            return cls(source, layout, ())
        every: dict[str, None] = {}
        more: dict[str, None] = {}
        twice: dict[str, str] = {}
        wrong: dict[str, BadRow] = {}
        for table in _tables(source, layout):
            names = list(table.columns)
            more.update(dict.fromkeys(table.left_out))
            every.update(dict.fromkeys((*names, *table.left_out)))
            twice.update({name: table.source for name in names if names.count(name) > 1})
            for row in table.rows:
                if isinstance(row, Row) and check is not None:
                    for name, cell in zip(names, row.cells, strict=True):
                        if name not in wrong and (problem := check(cell)) is not None:
                            wrong[name] = _bad_row(table, row, name, problem)
            more.update(dict.fromkeys(table.late))
            every.update(dict.fromkeys(table.late))
        shown = pattern_of(source) or table.source
        names = list(every) if keep == KEPT_ALL else _chosen(keep, list(every), shown)
        for name in names:
            if name in twice:
                raise _twice(twice[name], name, [n for n in every if n not in twice])
            if name in wrong:
                raise _not_kept(wrong[name], [n for n in every if n not in wrong])
        found = cls(source, replace(layout, kept=tuple(n for n in more if n in names)), ())
        if keep == KEPT_ALL and found.layout.kept:  # in the order of the file
            order = [name for table in _tables(source, found.layout) for name in table.columns]
            names = list(dict.fromkeys(order))
        return replace(found, names=tuple(names))

    def rows(self, numbers: Iterable[int]) -> Iterator[list[Any]]:
        """Yield the kept cells of the rows with these numbers, which are in order.

        Args:
            numbers: iterable of int. As in `Examples.rows`: they run on from one file to the next.

        Raises:
            InputError: the source has no such row any more.
        """
        if not self.names:
            yield from ([] for _ in numbers)
            return
        cells = self._every_row()
        for number in numbers:
            found = next((cells for at, cells in cells if at == number), None)
            if found is None:
                raise InputError(
                    "{source} has changed while it was used: its row {number:,} is gone.",
                    source=pattern_of(self.source) or str(self.source)[:200],
                    number=number,
                    cure=Cure(note="start again"),
                )
            yield found

    def _every_row(self) -> Iterator[tuple[int, list[Any]]]:
        before = 0
        for table in _tables(self.source, self.layout):
            names = list(table.columns)
            places = [names.index(name) if name in names else None for name in self.names]
            last = 0
            for row in table.rows:
                last = row.number
                if isinstance(row, Row):
                    yield before + last, [None if at is None else row.cells[at] for at in places]
            before += last


def _tables(source: Any, layout: TableFormat) -> Iterator[Table]:
    if hasattr(source, "seek"):
        source.seek(0)
    with ExitStack() as opened:
        yield from open_tables(source, opened, layout)


def _chosen(keep: str | Sequence[str], names: list[str], source: str) -> list[str]:
    """Return the columns that were named, once each."""
    if isinstance(keep, str):
        keep = [keep] if keep in names else [part.strip() for part in keep.split(",")]
    for name in keep:
        if name in names:
            continue
        near = get_close_matches(name, names, n=1)
        rest = [near[0] if near and one == name else one for one in keep if one in (*names, name)]
        cure = Cure({"keep_columns": KEPT_ALL}, note="or none, or names separated by commas")
        if near:
            cure = Cure({"keep_columns": listed_to_keep(list(dict.fromkeys(rest)))})
        raise InputError(
            "{source} has no column {name!r} to keep."
            + (" Did you mean {near!r}?" if near else "")
            + " Its columns: {columns}.",
            source=source,
            name=name,
            near=near[0] if near else None,
            columns=listed_columns(names),
            cure=cure,
        )
    return list(dict.fromkeys(keep))


def _twice(source: str, name: str, others: list[str]) -> InputError:
    return InputError(
        "{source} has several columns {name!r}, and a name can keep only one of them.",
        source=source,
        name=name,
        cure=Cure({"keep_columns": listed_to_keep(others)}, note="or rename one of them"),
    )


def _bad_row(table: Table, row: Row, name: str, problem: Problem) -> BadRow:
    values = {"name": name, "problem": problem}
    told = Problem("the column {name!r} has {problem}", problem.cure, values)
    return BadRow(table.source, row.number, row.line, told, cut(table.written(row.cells)))


def _not_kept(row: BadRow, others: list[str]) -> InputError:
    place = "{source}, row {number} (line {line})" if row.line else "{source}, row {number}"
    return InputError(
        f"{place}: {{problem}}, so {{option}} cannot keep it.",
        source=row.source,
        number=row.number,
        line=row.line,
        problem=row.problem,
        option=Option("keep_columns"),
        cure=replace(
            row.problem.cure,
            otherwise=(
                *row.problem.cure.otherwise,
                Cure({"keep_columns": listed_to_keep(others)}, note="to leave the column out"),
            ),
        ),
    )


def listed_to_keep(names: Sequence[str]) -> str:
    """Return names for a cure, as `KeptColumns.find` takes them."""
    if len(names) > _MAX_LISTED or any("," in name for name in names):
        return "NAME,NAME"
    return ",".join(names) or KEPT_NONE
