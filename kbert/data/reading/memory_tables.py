"""Readers of Parquet files and of objects in memory: data frames, data sets, lists."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kbert.data.reading.rows import Row, Table
from kbert.errors import InputError, KbertError

_MAX_FIXED = 64  # bytes; a decimal has up to 32


def read_parquet(path: Path) -> Table:
    """Return the table of a Parquet file, read batch by batch.

    Columns of nested or fixed-size binary values, which are not text, are left out.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        _check_parquet(file.metadata, path)
        leaves = {leaf.path: leaf for leaf in map(file.schema.column, range(len(file.schema)))}
        every = file.schema_arrow.names
        names = [n for n in every if n in leaves and leaves[n].length <= _MAX_FIXED]
        # Left as dictionaries, a text that occurs in a million rows is in memory once.
        texts = [name for name in names if leaves[name].physical_type == "BYTE_ARRAY"]
        file = pq.ParquetFile(path, read_dictionary=texts)
        batches = file.iter_batches(columns=names if names != every else None)
    except KbertError:
        raise
    except Exception as error:  # pyarrow lets through what its readers raise
        raise InputError(
            "{path} is not a readable Parquet file: {error}", path=path, error=error
        ) from None

    def rows() -> Iterator[Row]:
        number = 0
        try:
            for batch in batches:
                if batch.schema.names != names:
                    raise InputError(
                        "{path}: the names of its columns are ambiguous. Rename them.", path=path
                    )
                for cells in zip(*map(_cells, batch.columns), strict=True):
                    number += 1
                    yield Row(number, 0, cells)
        except KbertError:
            raise
        except (pa.ArrowException, OSError, ValueError, OverflowError, LookupError) as error:
            raise InputError(
                "{path}, after row {number}: broken Parquet: {error}",
                path=path,
                number=number,
                error=error,
            ) from None

    return Table(str(path), names, rows())


def _cells(column: Any) -> list[Any]:
    if not hasattr(column, "dictionary"):
        return list(column.to_pylist())
    used = column.indices.unique().drop_null()  # the dictionary grows from batch to batch
    values = dict(zip(used.to_pylist(), column.dictionary.take(used).to_pylist(), strict=True))
    return list(map(values.get, column.indices.to_pylist()))


def _check_parquet(metadata: Any, path: Path) -> None:
    """Raise KbertError when a file claims far more text than its bytes can hold."""
    size = path.stat().st_size
    if metadata.num_rows > max(1_000_000, size):
        raise InputError(
            "{path} claims {rows:,} rows in {size:,} bytes, more than one per byte. Expected a "
            "Parquet file of texts.",
            path=path,
            rows=metadata.num_rows,
            size=size,
        )
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    claimed = sum(group.total_byte_size for group in groups)
    if claimed > max(2**28, 200 * size):
        raise InputError(
            "{path} claims {claimed:,} bytes of values in {size:,}. Expected a Parquet file of "
            "texts.",
            path=path,
            claimed=claimed,
            size=size,
        )


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
        return _from_columns("lists", dict(zip(names, source, strict=True)))
    if isinstance(source, Mapping):
        if any(hasattr(value, "column_names") for value in source.values()):
            raise InputError(
                "Received a data set with several splits ({splits}). Pass one of them: "
                "data[{first!r}]",
                splits=", ".join(map(str, source)),
                first=next(iter(source)),
            )
        return _from_columns("columns", source)
    if hasattr(source, "column_names") and hasattr(source, "features"):  # datasets.Dataset
        columns = {}
        for name in source.column_names:
            values = list(source[name])
            decode = getattr(source.features[name], "int2str", None)
            if decode is not None:  # a ClassLabel: its names, and -1 for no label
                values = [decode(v) if v is not None and v >= 0 else None for v in values]
            columns[name] = values
        return _from_columns("data set", columns)
    if hasattr(source, "columns") and hasattr(source, "iloc"):  # pandas.DataFrame
        columns = {str(name): source[name].tolist() for name in source.columns}
        return _from_columns("data frame", columns)
    raise InputError(
        "A path, a pandas DataFrame, a Hugging Face Dataset, a dict of columns or a tuple "
        "(texts, labels) was expected. Received: {kind}",
        kind=type(source).__name__,
    )


def _from_columns(source: str, columns: Mapping[str, Sequence[Any]]) -> Table:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            "The columns must have the same length. Received: {lengths}", lengths=lengths
        )
    rows = (
        Row(number, 0, cells)
        for number, cells in enumerate(zip(*columns.values(), strict=True), start=1)
    )
    return Table(source, [str(name) for name in columns], rows)
