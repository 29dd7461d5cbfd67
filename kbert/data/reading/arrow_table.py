"""The reader of Arrow files: Feather, and what Hugging Face `datasets` keeps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kbert.data.reading.parquet_table import arrow_cells, left_out_kind
from kbert.data.reading.rows import Row, Table
from kbert.errors import InputError
from kbert.utils.foreign import foreign_input

_MIN_BYTES, _MAX_RATIO = 2**28, 200  # of a batch, as for Parquet


def read_arrow(path: Path) -> Table:
    """Return the table of an Arrow file or stream, read batch by batch.

    Columns that hold neither texts nor labels, such as lists and dates, are left out.
    """
    with foreign_input("{path} is not a readable Arrow file: {reason}.", path=path):
        batches = _batches(path)
        first = next(batches, None)
    if first is None:
        raise InputError("{path} contains no rows.", path=path)
    every = list(first.schema)
    left_out = {f.name: kind for f in every if (kind := left_out_kind(f.type))}
    taken = [at for at, field in enumerate(every) if field.name not in left_out]

    def rows() -> Iterator[Row]:
        number, batch = 0, first
        while batch is not None:
            with foreign_input(
                "{path}, after row {number}: broken Arrow: {reason}.", path=path, number=number
            ):
                columns = [arrow_cells(batch.column(at)) for at in taken]
            for cells in zip(*columns, strict=True):
                number += 1
                yield Row(number, 0, cells)
            with foreign_input(
                "{path}, after row {number}: broken Arrow: {reason}.", path=path, number=number
            ):
                batch = next(batches, None)

    return Table(str(path), [every[at].name for at in taken], rows(), left_out=left_out)


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
