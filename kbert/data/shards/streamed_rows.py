"""Data sets whose rows come one by one: Hugging Face's `IterableDataset`, and those of grain."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kbert.data.raw.hugging_face_text_set import class_names
from kbert.data.reading.rows import Row, Table
from kbert.data.reading.streams import has_no_end, is_grain, is_hugging_face_stream
from kbert.errors import InputError
from kbert.findings import Cure, worded
from kbert.utils.cell_values import describe
from kbert.utils.foreign import foreign_input


def streamed_table(source: Any, first: Mapping[Any, Any] | None = None) -> Table | None:
    """Return the table of a data set that is read row by row, or None for anything else.

    Args:
        source: a Hugging Face `IterableDataset`, a grain `MapDataset` or `IterDataset`; or an
            iterable of dicts, of which `first` is the first.
        first: dict or None. Defaults to None.

    Raises:
        InputError: it has no end, or its rows are neither dicts nor tuples (text, label).
    """
    names: Mapping[str, Any] = {}
    if is_hugging_face_stream(source):
        names, name = class_names(source), worded("the data set")
        rows: Iterator[Any] = iter(source)
    elif is_grain(source):
        name = worded("the grain data set")
        if has_no_end(source):
            raise InputError(
                "{name} never ends, so its rows cannot be stored.",
                name=name,
                cure=Cure(note="leave out its repeat()"),
            )
        rows = iter(source)
    elif first is not None:
        rows, name = iter(source), worded("the rows")
    else:
        return None
    with foreign_input("The data set cannot be read: {reason}"):
        row = next(rows, None)
    if row is None:
        raise InputError("{source}: at least one row was expected. Received: 0", source=name)
    columns = _columns(row, name)
    cells = _cells(itertools.chain([row], rows), columns, names, name)
    return Table(name, columns, cells)


def _columns(row: Any, name: str) -> list[str]:
    if isinstance(row, Mapping):
        return [str(column) for column in row]
    if isinstance(row, tuple) and len(row) in (2, 3):
        return ["text", "label"] if len(row) == 2 else ["text_a", "text_b", "label"]
    found = describe(row)
    raise InputError(
        "{name}: a row must be a dict of columns, or a tuple (text, label). Received: {kind} "
        "({shown})",
        name=name,
        kind=found.name,
        shown=found.shown,
        cure=Cure(code='data.map(lambda row: {"text": ..., "label": ...})'),
    )


def _cells(
    rows: Iterable[Any], columns: list[str], names: Mapping[str, Any], source: str
) -> Iterator[Row]:
    """Yield the rows of a data set; the numbers of classes are replaced by their names."""
    stream = iter(rows)
    for number in itertools.count(1):
        with foreign_input("The data set cannot be read: {reason}"):
            row = next(stream, None)
        if row is None:
            return
        values = list(row.values() if isinstance(row, Mapping) else row)
        if _columns(row, source) != columns:
            raise InputError(
                "{source}: row {number:,} has different columns than the first. Received: "
                "{columns}",
                source=source,
                number=number,
                columns=", ".join(_columns(row, source)),
            )
        for place, column in enumerate(columns):
            value = values[place]
            if column in names and isinstance(value, int):
                known = 0 <= value < len(names[column])
                values[place] = names[column][value] if known else None
            elif hasattr(value, "item") and getattr(value, "shape", None) == ():
                values[place] = value.item()
        yield Row(number, 0, values)
