"""The reader of Arrow files: Feather, and those that Hugging Face `datasets` stores."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kbert.data.reading.parquet_table import arrow_cells, left_out_kind, wanted_dates
from kbert.data.reading.rows import Row, Table
from kbert.errors import InputError
from kbert.utils.foreign import foreign_input

_MIN_BYTES, _MAX_RATIO = 2**28, 200  # of a batch, as for Parquet


def read_arrow(path: Path, dates: Collection[str] = (), kept: Collection[str] = ()) -> Table:
    """Return the table of an Arrow file or stream, read batch by batch.

    Columns that hold neither texts nor labels, such as lists, are left out, and so are columns of
    dates. The exceptions are the columns in `kept`, and the date columns in `dates`, which come
    last.
    """
    with _reading(path):
        batches = _batches(path)
        first = next(batches, None)
        every = [] if first is None else [_named_kind(f, kept) for f in first.schema]
        wanted = wanted_dates([] if first is None else first.schema, dates)
    if first is None:
        raise InputError("{path} contains no rows.", path=path)
    taken = [at for at, (_, kind) in enumerate(every) if kind is None]
    taken += [at for at, (name, kind) in enumerate(every) if name in wanted and kind]

    def rows() -> Iterator[Row]:
        number, batch = 0, first
        while batch is not None:
            with _reading(path):
                columns = [arrow_cells(batch.column(at)) for at in taken]
            for cells in zip(*columns, strict=True):
                number += 1
                yield Row(number, 0, cells)
            with _reading(path):
                batch = next(batches, None)

    left_out = {name: kind for name, kind in every if kind is not None and name not in wanted}
    return Table(str(path), [every[at][0] for at in taken], rows(), left_out=left_out)


def _named_kind(field: Any, kept: Collection[str]) -> tuple[str, str | None]:
    """Return the name of a field, and what it holds if it is left out."""
    return field.name, None if field.name in kept else left_out_kind(field.type)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn pyarrow's exceptions into an InputError, also if a file claims buffers of any size."""
    import pyarrow as pa

    try:
        with foreign_input("{path} is not a readable Arrow file: {reason}.", path=path):
            yield
    except pa.ArrowMemoryError as error:
        raise InputError(
            "{path} claims more data than memory holds: {reason}.", path=path, reason=error
        ) from error


def _batches(path: Path) -> Iterator[Any]:
    """Yield the record batches, whose offsets and texts are checked before they are used."""
    import pyarrow as pa

    limit = max(_MIN_BYTES, _MAX_RATIO * path.stat().st_size)
    with pa.OSFile(str(path)) as file:
        if file.read(6) == b"ARROW1":
            reader = pa.ipc.open_file(file)
            batches = (reader.get_batch(at) for at in range(reader.num_record_batches))
        else:
            file.seek(0)
            batches = iter(pa.ipc.open_stream(file))
        for batch in batches:
            batch.validate(full=True)
            if batch.nbytes > limit:
                raise InputError(
                    "{path} unpacks to more than {limit:,} bytes.", path=path, limit=limit
                )
            yield batch
