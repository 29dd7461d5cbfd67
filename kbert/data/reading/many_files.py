"""Several files that are read as one set: opened one after another, with the same columns."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from kbert.data.reading.columns import ROLES, Columns, check_delimiter, listed_columns
from kbert.data.reading.file_patterns import is_pattern, matching_files
from kbert.data.reading.open_table import TableFormat, open_table
from kbert.data.reading.rows import Table
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Message, worded
from kbert.utils.wording import count_noun

_CURE = Cure(note="give it the columns of the others, or name a pattern that leaves it out")


def open_tables(source: Any, opened: ExitStack, layout: TableFormat) -> Iterator[Table]:
    """Yield the table of any source, or those of the files that a pattern matches.

    A file is opened once the one before it has been read and closed.

    Args:
        source: what `read_examples` takes.
        opened: ExitStack. Closes the file that is open.
        layout: TableFormat. The layout of every file; if it has no format, the suffix decides.
    """
    if not is_pattern(source):
        yield open_table(source, opened, layout)
        return
    for path in matching_files(source):
        opened.close()
        yield open_table(path, opened, layout)


def pattern_of(source: Any) -> str:
    """Return the pattern that a source is, or "" if it is not one."""
    return str(Path(source)) if is_pattern(source) else ""


def with_columns(
    first: Table, columns: Columns, others: Iterator[Table], need_label: bool
) -> Iterator[tuple[Table, Columns]]:
    """Yield the first table with its columns, and each other one with the same columns in it.

    Args:
        first: Table.
        columns: Columns. Those of `first`.
        others: iterator of Table.
        need_label: bool. Whether each must have the label too.

    Raises:
        InputError: a table lacks a column, or is a CSV or TSV that has it in another place.
    """
    source, names, has_header = first.source, tuple(first.columns), first.has_header
    yield first, columns
    del first  # its reader has nothing more to do
    for table in others:
        check_delimiter(table)
        _check_width(table, source, names, has_header)
        by_place = has_header is not None and table.has_header is not None
        yield table, _same_columns(table, columns, source, need_label, by_place=by_place)


def _check_width(table: Table, first: str, names: tuple[str, ...], has_header: bool | None) -> None:
    """Raise InputError if columns have no names, and their number is not that of the first file."""
    if has_header is False and table.has_header is False and len(table.columns) != len(names):
        raise InputError(
            "{source} has {columns} where {first} has {others}.",
            source=table.source,
            columns=count_noun(len(table.columns), "column"),
            first=first,
            others=len(names),
            cure=_CURE,
        )


def _same_columns(
    table: Table, columns: Columns, first: str, need_label: bool, *, by_place: bool
) -> Columns:
    """Return the columns of a table that have the same names as those of the first."""
    names = list(table.columns)
    found: dict[str, int | None] = {}
    lacks, moved = [], []
    for role in ROLES:
        at = getattr(columns, role)
        found[role] = at
        if at is None or names[at : at + 1] == [columns.names[at]]:
            continue
        name = columns.names[at]
        found[role] = names.index(name) if name in names and not by_place else None
        if role == "label" and not need_label:
            continue
        if name not in names:
            kind = table.left_out.get(name)
            lacks.append(
                repr(name)
                if kind is None
                else worded("{name!r} (which holds {kind})", name=name, kind=kind)
            )
        elif by_place or names.count(name) > 1:
            moved.append(name)
    if lacks or moved:
        raise InputError(
            "{source} lacks the {noun} {names}, unlike {first}. Its columns: {columns}."
            if lacks
            else "{source} has the {noun} {names} in a different place than {first}. Its "
            "columns: {columns}.",
            source=table.source,
            noun=Message("column") if len(lacks or moved) == 1 else Message("columns"),
            names=Joined(lacks or map(repr, moved)),
            first=first,
            columns=listed_columns(names),
            cure=_CURE
            if lacks
            else Cure(
                note="put its columns in the same order: {order}",
                values={"order": listed_columns(columns.names)},
            ),
        )
    text = found["text"]
    assert text is not None
    more = [] if found["label"] is None else [columns.names[at] for at in columns.more_labels]
    if missing := [name for name in more if names.count(name) != 1]:
        raise InputError(
            "{source} lacks the column {name!r}, or has several of that name, unlike {first}.",
            source=table.source,
            name=missing[0],
            first=first,
            cure=_CURE,
        )
    more_labels = tuple(map(names.index, more))
    del found["text"]
    return Columns(tuple(names), text, **found, more_labels=more_labels)
