"""Readers of Parquet files and of objects in memory: data frames, data sets, lists."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kbert.data.rows import Row, Table
from kbert.errors import KbertError


def read_parquet(path: Path) -> Table:
    """Return the table of a Parquet file, read batch by batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise KbertError(f"{path} is not a readable Parquet file: {error}") from None

    def rows() -> Iterator[Row]:
        number = 0
        try:
            for batch in file.iter_batches():
                for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    yield Row(number, 0, cells)
        except (pa.ArrowException, OSError) as error:
            raise KbertError(f"{path}, behind row {number}: broken Parquet: {error}") from None

    return Table(str(path), list(file.schema_arrow.names), rows())


def read_object(source: Any) -> Table:
    """Return the table of a data frame, a data set, a dict of columns or a tuple of lists."""
    if isinstance(source, tuple):
        if len(source) not in (2, 3):
            raise KbertError(
                "A tuple must be (texts, labels) or (texts, pairs, labels). "
                f"Received: a tuple of {len(source)}"
            )
        names = ["text", "label"] if len(source) == 2 else ["text_a", "text_b", "label"]
        return _from_columns("lists", dict(zip(names, source, strict=True)))
    if isinstance(source, Mapping):
        if any(hasattr(value, "column_names") for value in source.values()):
            raise KbertError(
                f"A data set of several splits ({', '.join(map(str, source))}) was given. "
                f"Pass one of them: data[{next(iter(source))!r}]"
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
    raise KbertError(
        "A path, a pandas DataFrame, a Hugging Face Dataset, a dict of columns or a tuple "
        f"(texts, labels) was expected. Received: {type(source).__name__}"
    )


def _from_columns(source: str, columns: Mapping[str, Sequence[Any]]) -> Table:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise KbertError(f"The columns must be of one length. Received: {lengths}")
    rows = (
        Row(number, 0, cells)
        for number, cells in enumerate(zip(*columns.values(), strict=True), start=1)
    )
    return Table(source, [str(name) for name in columns], rows)
