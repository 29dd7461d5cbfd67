"""Readers of objects in memory: data frames, data sets, dicts of columns, tuples of lists."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kbert.data.reading.rows import Row, Table
from kbert.data.reading.streams import is_finite, is_grain
from kbert.errors import InputError
from kbert.findings import Cure, Joined, worded
from kbert.utils.cell_values import describe
from kbert.utils.foreign import foreign_input


def read_object(source: Any) -> Table:
    """Return the table of a data frame, a data set, a dict of columns or a tuple of lists."""
    if isinstance(source, tuple):
        if len(source) not in (2, 3):
            raise InputError(
                "A tuple must be (texts, labels) or (texts, pairs, labels). Received: a tuple "
                "of {length}",
                length=len(source),
            )
        names = ["text", "label"] if len(source) == 2 else ["text_a", "text_b", "label"]
        return _from_columns("lists", zip(names, source, strict=True))
    if isinstance(source, Mapping):
        if any(hasattr(value, "column_names") for value in source.values()):
            raise InputError(
                "Received a data set with several splits ({splits}). Pass one of them: "
                "data[{first!r}]",
                splits=Joined(map(str, source)),
                first=next(iter(source)),
            )
        return _from_columns("columns", source.items())
    if is_grain(source) and not is_finite(source):
        raise InputError(
            "{kind} is read as a stream, whose number of rows is not known.",
            kind=type(source).__name__,
            cure=Cure(
                code="model.fit(data, steps_per_epoch=...)",
                note="which sets how much of it makes up an epoch",
                otherwise=(
                    Cure(
                        code="kbert.ShardedTokenStore.build(data, tokenizer, FOLDER)",
                        note="which reads it to its end once, and is shuffled",
                    ),
                ),
            ),
        )
    if is_grain(source):
        return _from_grain(source)
    if hasattr(source, "column_names") and hasattr(source, "features"):  # datasets.Dataset
        return _from_data_set(source)
    if hasattr(source, "columns") and hasattr(source, "iloc"):  # pandas.DataFrame
        columns = (source.iloc[:, at].to_numpy() for at in range(len(source.columns)))
        return _from_columns("data frame", zip(source.columns, columns, strict=True))
    raise InputError(
        "A path, a pandas DataFrame, a Hugging Face Dataset, a dict of columns or a tuple "
        "(texts, labels) was expected. Received: {kind}",
        kind=type(source).__name__,
        cure=_as_columns(source),
    )


def _from_grain(source: Any) -> Table:
    """Return the table of a `MapDataset` of dicts, or of tuples (text, label)."""
    with foreign_input("The data set cannot be read: {reason}"):
        rows = list(source)
    if rows and all(isinstance(row, Mapping) and row.keys() == rows[0].keys() for row in rows):
        return _from_columns("grain data set", [(n, [row[n] for row in rows]) for n in rows[0]])
    if rows and all(isinstance(row, tuple) and len(row) == len(rows[0]) for row in rows):
        return read_object(tuple(map(list, zip(*rows, strict=True))))
    raise InputError(
        "All rows of a grain data set must be dicts with the same columns, or tuples (text, label)."
    )


def _as_columns(source: Any) -> Cure | None:
    """Return how to turn another object into one that can be read."""
    if hasattr(source, "to_pydict"):  # of Arrow
        return Cure(code="read_examples(table.to_pydict())")
    if hasattr(source, "to_dict") and hasattr(source, "columns"):  # polars.DataFrame
        return Cure(code="read_examples(frame.to_dict(as_series=False))")
    if hasattr(source, "as_numpy_iterator"):
        return Cure(code="read_examples(pandas.DataFrame(data.as_numpy_iterator()), ...)")
    first = source[0] if isinstance(source, list) and source else None
    if isinstance(first, (str, Path)) and os.path.isfile(first):
        return Cure(code='read_examples("data/*.csv")', note="a pattern that matches the files")
    if isinstance(first, Mapping):
        return Cure(code="read_examples(pandas.DataFrame(rows))")
    if isinstance(first, (list, tuple)) and len(first) in (2, 3) and len(source) > 3:
        return Cure(code="read_examples(tuple(zip(*rows)))")
    if hasattr(source, "to_frame") or isinstance(first, (list, tuple)):  # pandas.Series
        return Cure(code="read_examples((texts, labels))")
    return None


def _from_data_set(source: Any) -> Table:
    if source.features is None:
        raise InputError(
            "The columns of the data set are not known. Received: {kind}.",
            kind=type(source).__name__,
            cure=Cure(note="load it with streaming=False"),
        )
    columns = []
    left_out = {}
    with foreign_input("The data set cannot be read: {reason}"):
        plain = source.with_format(None)
        for name in plain.column_names:
            feature = plain.features[name]
            if hasattr(feature, "decode_example"):  # an image or a sound: not decoded needlessly
                left_out[name] = worded("values of type {name}", name=type(feature).__name__)
                continue
            values = list(plain[name])
            names = getattr(feature, "names", None)
            if names is not None and hasattr(feature, "int2str"):
                values = [_class_name(value, names) for value in values]
            several = getattr(getattr(feature, "feature", None), "names", None)
            if several is not None:  # Sequence(ClassLabel)
                values = [[_class_name(v, several) for v in value or ()] for value in values]
            columns.append((name, values))
    table = _from_columns("data set", columns)
    return Table(table.source, table.columns, table.rows, left_out=left_out)


def _class_name(value: int | None, names: list[str]) -> str | int | None:
    """Return the name of a ClassLabel's number: None for -1, the number if it has no name."""
    if value is None or value == -1:
        return None
    return names[value] if 0 <= value < len(names) else value


def _from_columns(source: str, columns: Iterable[tuple[Any, Any]]) -> Table:
    """Return the table of named columns, several of which may have the same name."""
    names, values = [], []
    for name, column in columns:
        names.append(str(name))
        values.append(_as_list(names[-1], column))
    lengths = {name: len(column) for name, column in zip(names, values, strict=True)}
    if len(set(lengths.values())) > 1:
        raise InputError(
            "The columns must have the same length. Received: {lengths}", lengths=lengths
        )
    rows = (
        Row(number, 0, cells) for number, cells in enumerate(zip(*values, strict=True), start=1)
    )
    return Table(source, names, rows)


def _as_list(name: str, column: Any) -> list[Any]:
    """Return the cells of a column in their order."""
    shape = getattr(column, "shape", None)
    if shape is not None and len(shape) != 1:
        raise InputError(
            "The column {name!r} must have one dimension. Received: an array of shape {shape}.",
            name=name,
            shape=tuple(shape),
            cure=_flat(name, shape),
        )
    is_other = isinstance(column, (Mapping, set, frozenset, str, bytes, bytearray, memoryview))
    if is_other or not hasattr(column, "__iter__"):
        found = describe(column)
        raise InputError(
            "The column {name!r} must be a list or an array. Received: {kind} ({shown}).",
            name=name,
            kind=found.name,
            shown=found.shown,
            cure=Cure(
                code=f"list(columns[{name!r}].values())",
                note='or frame.to_dict("list") of a data frame',
            )
            if isinstance(column, Mapping)
            else None,
        )
    return list(column)


def _flat(name: str, shape: Any) -> Cure:
    if len(shape) == 2 and shape[1] == 1:
        return Cure(code=f"{name}.reshape(-1)")
    if len(shape) == 2 and name == "label":
        return Cure(code="label.argmax(axis=1)", note="for one-hot labels")
    return Cure(note="keep one value for each row")
