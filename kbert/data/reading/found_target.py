"""Detects what the labels of a source are, where this was not specified."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

from kbert.data.reading.columns import Columns
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.errors import InputError
from kbert.targets.multi import Multi
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.utils.cell_values import describe, is_missing, plain

_LOOKED_AT = 1000  # rows, held in memory meanwhile


def found_target(table: Table, columns: Columns) -> tuple[Target, Table]:
    """Return the target of a table, and the table with all of its rows still to be read.

    If the first label that is present is a list, the rows have several labels; anything else means
    one class. Numbers are always taken as the names of classes.

    Args:
        table: Table.
        columns: Columns. With one label column, or none.
    """
    if columns.label is None:
        return Single(), table
    seen: list[Row | BadRow] = []
    target: Target = Single()
    rest: Iterator[Row | BadRow] = table.rows
    try:
        for row in itertools.islice(table.rows, _LOOKED_AT):
            seen.append(row)
            cell = plain(row.cells[columns.label]) if isinstance(row, Row) else None
            if is_missing(cell):
                continue
            if not isinstance(cell, (str, bytes)) and describe(cell).kind == "several":
                target = Multi()
            break
    except InputError as error:
        rest = _raised(error)  # raised in its turn: a row before it may be refused
    return target, replace(table, rows=itertools.chain(seen, rest))


def _raised(error: InputError) -> Iterator[Row | BadRow]:
    raise error
    yield
