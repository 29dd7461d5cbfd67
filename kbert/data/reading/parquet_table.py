"""The reader of Parquet files."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from kbert.data.reading.rows import Row, Table
from kbert.errors import InputError
from kbert.findings import worded
from kbert.utils.foreign import foreign_input

_MAX_FIXED = 64  # bytes; a decimal has up to 32


def read_parquet(path: Path, dates: Collection[str] = (), kept: Collection[str] = ()) -> Table:
    """Return the table of a Parquet file, read batch by batch.

    Columns that hold neither texts nor labels, such as lists, are left out, and so are columns of
    dates. The exceptions are the columns in `kept`, and the date columns in `dates`, which come
    last.
    """
    import pyarrow.parquet as pq

    with foreign_input("{path} is not a readable Parquet file: {reason}", path=path):
        metadata = pq.read_metadata(path)
    _check_parquet(metadata, path)
    with foreign_input("{path} is not a readable Parquet file: {reason}", path=path):
        file = pq.ParquetFile(path)
        every = list(file.schema_arrow)
        leaves = {leaf.path: leaf for leaf in map(file.schema.column, range(len(file.schema)))}
        left_out = {
            field.name: kind
            for field in every
            if field.name not in kept and (kind := left_out_kind(field.type))
        }
        wanted = [name for name in wanted_dates(every, dates) if name in left_out]
        names = [field.name for field in every if field.name not in left_out] + wanted
        left_out = {name: kind for name, kind in left_out.items() if name not in wanted}
        # Left as dictionaries, so that a text that occurs in a million rows is in memory once.
        texts = [n for n in names if n in leaves and leaves[n].physical_type == "BYTE_ARRAY"]
        file = pq.ParquetFile(path, read_dictionary=texts)
        batches = file.iter_batches(columns=names if left_out or wanted else None)

    def rows() -> Iterator[Row]:
        number = 0
        while True:
            with foreign_input(
                "{path}, after row {number}: broken Parquet: {reason}", path=path, number=number
            ):
                batch = next(batches, None)
            if batch is None:
                return
            if len(batch.schema.names) != len(names) or set(batch.schema.names) != set(names):
                raise InputError(
                    "{path}: the names of its columns are ambiguous. Rename them.", path=path
                )
            with foreign_input(
                "{path}, after row {number}: broken Parquet: {reason}", path=path, number=number
            ):
                order = map(batch.schema.names.index, names) if wanted else range(len(names))
                columns = [arrow_cells(batch.column(at)) for at in order]
            for cells in zip(*columns, strict=True):
                number += 1
                yield Row(number, 0, cells)

    return Table(str(path), names, rows(), left_out=left_out)


def wanted_dates(fields: Iterable[Any], dates: Collection[str]) -> list[str]:
    """Return the names of the Arrow date fields that are in `dates`."""
    from pyarrow import types

    is_date = (types.is_date, types.is_timestamp)
    return [f.name for f in fields if f.name in dates and any(is_it(f.type) for is_it in is_date)]


def left_out_kind(kind: Any) -> str | None:
    """Return what a column of an Arrow type holds if that is neither texts nor labels.

    Lists of names or whole numbers may be several labels; lists of fractions are embeddings.
    """
    from pyarrow import types

    if types.is_dictionary(kind):
        return left_out_kind(kind.value_type)
    if types.is_fixed_size_binary(kind):
        return (
            None
            if kind.byte_width <= _MAX_FIXED
            else worded("binary values of {byte_width} bytes", byte_width=kind.byte_width)
        )
    kinds = [types.is_string, types.is_large_string, types.is_string_view, types.is_binary]
    kinds += [types.is_large_binary, types.is_binary_view, types.is_integer, types.is_floating]
    kinds += [types.is_decimal, types.is_boolean, types.is_null]
    if any(is_kind(kind) for is_kind in kinds):
        return None
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if not is_list:
        return worded("values of type {kind}", kind=kind)
    inner = kind.value_type
    is_name = types.is_integer(inner) or types.is_string(inner) or types.is_large_string(inner)
    return None if is_name or types.is_dictionary(inner) else "lists"


def arrow_cells(column: Any) -> list[Any]:
    """Return the cells of an Arrow column."""
    from pyarrow import types

    if types.is_float16(column.type) or types.is_float32(column.type):
        return list(column.to_numpy(zero_copy_only=False))  # float("0.1"), not 0.10000000149
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
