"""The lengths, labels and weights of rows, beside their token ids."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

_MIN_BYTES, _MAX_RATIO = 2**28, 200  # of the unpacked size, as for other Arrow files


@dataclass(frozen=True)
class ShardRows:
    """What is known about rows besides their token ids, in as few bytes as possible.

    Args:
        lengths: unsigned int array [rows]. Tokens of each row.
        firsts: unsigned int array [rows] or None. Tokens of each first segment; None: all.
        labels: int array [rows], or array [rows, labels], or None.
        weights: float32 array [rows] or None.
    """

    lengths: np.ndarray
    firsts: np.ndarray | None = None
    labels: np.ndarray | None = None
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    def to_arrow(self) -> bytes:
        """Return the rows as an Arrow file."""
        columns: dict[str, pa.Array] = {"length": pa.array(_narrow(self.lengths))}
        if self.firsts is not None:
            columns["first_length"] = pa.array(_narrow(self.firsts))
        if self.labels is not None and self.labels.ndim == 1:
            columns["label"] = pa.array(_narrow(self.labels))
        elif self.labels is not None:
            flat = pa.array(np.ascontiguousarray(self.labels).reshape(-1))
            columns["label"] = pa.FixedSizeListArray.from_arrays(flat, self.labels.shape[1])
        if self.weights is not None:
            columns["weight"] = pa.array(self.weights.astype(np.float32))
        return to_arrow(pa.record_batch(columns))

    @classmethod
    def from_arrow(cls, data: bytes) -> "ShardRows":
        """Return the rows of an Arrow file; see `to_arrow`.

        Raises:
            ValueError: it is not such a file.
        """
        batch = from_arrow(data)
        found: dict[str, np.ndarray | None] = {}
        for name in ("length", "first_length", "label", "weight"):
            place = batch.schema.get_field_index(name)
            if place < 0:
                found[name] = None
                continue
            column = batch.column(place)
            if isinstance(column, pa.FixedSizeListArray):
                flat = column.values.to_numpy()
                found[name] = flat.reshape(-1, column.type.list_size)
            else:
                found[name] = column.to_numpy()
        lengths = found["length"]
        if lengths is None:
            raise ValueError("it has no lengths")
        return cls(lengths, found["first_length"], found["label"], found["weight"])


def to_arrow(batch: pa.RecordBatch) -> bytes:
    """Return an Arrow file of one batch."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def from_arrow(data: bytes) -> pa.RecordBatch:
    """Return the batch of an Arrow file, whose arrays lie in `data`.

    Raises:
        ValueError: it is not an Arrow file of one batch.
    """
    try:
        reader = pa.ipc.open_file(pa.py_buffer(data))
        if reader.num_record_batches != 1:
            raise ValueError(f"it has {reader.num_record_batches} batches")
        batch = reader.get_batch(0)
        batch.validate(full=True)
        if batch.nbytes > max(_MIN_BYTES, _MAX_RATIO * len(data)):
            raise ValueError("it unpacks to more than it may")
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error
    return batch


def _narrow(numbers: np.ndarray) -> np.ndarray:
    """Return whole numbers from 0 in the narrowest type that holds them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))
