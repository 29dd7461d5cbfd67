"""Which rows of a table can be used, and what is wrong with the others."""

from collections.abc import Iterator
from typing import Any

from kbert.data.reading.cells import Role, read_cell
from kbert.data.reading.columns import Columns
from kbert.data.reading.common_names import LABEL_NAMES, TEXT_NAMES
from kbert.data.reading.row_groups import read_group
from kbert.data.reading.row_text import cut
from kbert.data.reading.row_times import TimeKind, read_time
from kbert.data.reading.row_weights import read_weight
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.findings import Cure, Problem
from kbert.targets.labels import Labels
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.utils.cell_values import is_blank

_FILL_CURE = Cure(note="fill it in")


def usable_rows(
    table: Table,
    columns: Columns,
    labels: Labels | None,
    need_label: bool,
    encoding: str = "utf-8",
    target: Target | None = None,
) -> Iterator[Row | BadRow]:
    """Yield rows of (text, pair, label, weight, group, time), and BadRow for those not usable.

    The label is what the target reads: a name, several names, numbers; or None without a label.

    Args:
        table: Table.
        columns: Columns.
        labels: Labels or None. The classes that a label must be one of; None for any.
        need_label: bool. Whether every row must have a label. If not, a label that cannot be read
            counts as absent.
        encoding: str. The encoding of cells that are bytes. Defaults to "utf-8".
        target: Target or None. What a label is. Defaults to None: one class.
    """
    target = target or Single()
    roles: list[tuple[Role, int]] = [("text", columns.text)]
    roles += [] if columns.pair is None else [("pair", columns.pair)]
    if target.takes_names and columns.label is not None:
        roles.append(("label", columns.label))
    names = [table.columns[at] for at in columns.labels]
    label_header = names[0].casefold() if names else None
    for row in table.rows:
        if isinstance(row, BadRow):
            yield row
            continue
        cells = {"text": "", "pair": "", "label": ""}
        problem = None
        for role, at in roles:
            cell = row.cells[at]
            if type(cell) is not str:
                cell = read_cell(cell, role, table.columns[at], encoding)
            if isinstance(cell, str):
                cells[role] = cell
            elif need_label or role != "label":
                problem = problem or cell
        text, pair, label = cells.values()
        is_header = label.strip().casefold() == label_header or row.number == 1
        if problem is None and is_header:
            problem = _header_problem(text, label, table, columns, is_first=row.number == 1)
        if problem is None:
            problem = _text_problem(text, pair, label, table, columns)
        value: Any = label
        if problem is None and columns.labels:
            given = [label] if target.takes_names else [row.cells[at] for at in columns.labels]
            value = target.read(given, names, encoding)
            if isinstance(value, Problem):
                is_absent = not (need_label or target.takes_names)
                value, problem = None, None if is_absent else value
            elif need_label:
                problem = _label_problem(value, names[0], target, labels)
        weight: float | Problem = 1.0
        if problem is None and columns.weight is not None:
            name = table.columns[columns.weight]
            weight = read_weight(row.cells[columns.weight], name, encoding)
        if problem is None and isinstance(weight, Problem):
            problem = weight
        group: int | Problem = 0
        if problem is None and columns.group is not None:
            group = read_group(row.cells[columns.group], table.columns[columns.group], encoding)
        if problem is None and isinstance(group, Problem):
            problem = group
        time: tuple[TimeKind, float] | Problem | None = None
        if problem is None and columns.split_by_time is not None:
            at = columns.split_by_time
            time = read_time(row.cells[at], table.columns[at], encoding)
        if problem is None and isinstance(time, Problem):
            problem = time
        if problem is None:
            yield Row(row.number, row.line, (text, pair, value, weight, group, time))
        else:
            content = cut(table.written(row.cells))
            yield BadRow(table.source, row.number, row.line, problem, content)


def _header_problem(
    text: str, label: str, table: Table, columns: Columns, *, is_first: bool
) -> Problem | None:
    """Return a problem if the row holds column names, as happens when files are joined."""
    if columns.label is None:
        return None
    own = (table.columns[columns.text].casefold(), table.columns[columns.label].casefold())
    words = (text.strip().casefold(), label.strip().casefold())
    # If the source was read without a header, its first row may still be one. The names of its
    # columns are not known then, so only common names are recognized.
    if words != own and not (is_first and words[0] in TEXT_NAMES and words[1] in LABEL_NAMES):
        return None
    return Problem(
        "the row holds the names of columns ({text!r}, {label!r}), as when files are joined",
        Cure(note="delete it"),
        {"text": text.strip(), "label": label.strip()},
    )


def _text_problem(
    text: str, pair: str, label: str, table: Table, columns: Columns
) -> Problem | None:
    empty = columns.text if is_blank(text) else None
    if empty is None and columns.pair is not None and is_blank(pair):
        empty = columns.pair
    if empty is not None:
        column = table.columns[empty]
        return Problem("the text (column {column!r}) is empty", _FILL_CURE, {"column": column})
    if "\0" in text or "\0" in pair or "\0" in label:
        template = "the row contains a NUL character; text files do not"
        return Problem(template, Cure(note="remove the character"))
    return None


def _label_problem(
    value: Any, column: str, target: Target, labels: Labels | None
) -> Problem | None:
    if isinstance(value, str) and is_blank(value):
        return Problem("the label (column {column!r}) is missing", _FILL_CURE, {"column": column})
    return None if labels is None else target.unknown(value, labels)
