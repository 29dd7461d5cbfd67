"""What the labels of a source are, where nobody has said so."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

from kbert.data.reading.columns import Columns
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.targets.multi import Multi
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.utils.cell_values import describe, is_missing, plain


def found_target(table: Table, columns: Columns) -> tuple[Target, Table]:
    """Return the target of a table, and the table, none of whose rows has been read.

    A list in the first label that there is means several labels; anything else is one class.
    Numbers are never taken for anything else than the names of classes.

    Args:
        table: Table.
        columns: Columns. With one column of labels, or none.
    """
    if columns.label is None:
        return Single(), table
    seen: list[Row | BadRow] = []
    target: Target = Single()
    for row in table.rows:
        seen.append(row)
        cell = plain(row.cells[columns.label]) if isinstance(row, Row) else None
        if is_missing(cell):
            continue
        if not isinstance(cell, (str, bytes)) and describe(cell).kind == "several":
            target = Multi()
        break
    rows: Iterator[Row | BadRow] = itertools.chain(seen, table.rows)
    return target, replace(table, rows=rows)
