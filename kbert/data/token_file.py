"""Token ids in a file, checked when it is opened and when ids are first read, and read by offset.

The file is an Arrow file of record batches. Its schema's metadata identify the tokens, and each
batch's metadata have two checksums: one of the lengths and labels, which are read when the file is
opened, and one of the ids, which are read when a row of the batch is first asked for. Ids are read
by offset and not through a memory map: if a file is truncated meanwhile, a read through a map ends
the process.
"""

import contextlib
import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kbert.errors import MachineError
from kbert.findings import worded
from kbert.utils.cache_file import write_cache_file
from kbert.utils.pread import pread
from kbert.utils.say import say

SCHEMA = pa.schema(
    [
        ("token_ids", pa.list_(pa.int32())),
        ("first_length", pa.int32()),
        ("label", pa.int32()),
    ]
)
_HEADER, _ORDER, _COLUMNS, _IDS = b"kbert", b"order", b"columns", b"ids"
_BYTES = 4  # of an id


class BrokenTokens(Exception):
    """A token file is not what was written, or has the tokens of something else."""


def write_token_file(
    path: Path, header: Mapping[str, Any], batches: Iterable[pa.RecordBatch]
) -> None:
    """Write a token file: under another name until it is complete and on the disk.

    Args:
        path: Path.
        header: dict. The header with which the file is opened later.
        batches: iterable of RecordBatch, of `SCHEMA`.
    """

    def write(new: Path) -> None:
        schema = SCHEMA.with_metadata({_HEADER: _json(header)})
        with pa.OSFile(str(new), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for order, batch in enumerate(batches):
                ids, *columns = arrays_of(batch)
                metadata = {
                    _ORDER: str(order),
                    _COLUMNS: str(_checksum(*columns)),
                    _IDS: str(_checksum(ids)),
                }
                writer.write_batch(batch, custom_metadata=metadata)

    write_cache_file(path, write)


def arrays_of(batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the ids of an unsliced batch, their offsets, the first lengths, and the labels."""
    tokens = batch.column(0)
    return (
        tokens.values.to_numpy(),
        tokens.offsets.to_numpy(),
        batch.column(1).to_numpy(),
        batch.column(2).to_numpy(),
    )


class TokenFile:
    """The ids of a token file, batch by batch.

    Args:
        path: Path.
        header: dict. As it was written.
        remake: function from the number of a batch to its ids, for a batch that is found damaged.

    Attributes:
        columns: list of (offsets, first lengths, labels), int32 arrays, by batch.

    Raises:
        FileNotFoundError: there is no such file.
        BrokenTokens: it is damaged, or another file.
    """

    def __init__(
        self, path: Path, header: Mapping[str, Any], remake: Callable[[int], np.ndarray]
    ) -> None:
        self._path = path
        self._remake = remake
        self._header = header
        self._vocabulary = int(header["vocabulary"])
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self.columns: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._places: list[int] = []  # of each batch's ids in the file
        self._checksums: list[int] = []
        try:
            self._open(path, header)
        except (
            pa.ArrowException,
            LookupError,
            MemoryError,
            OSError,
            TypeError,
            ValueError,
        ) as error:
            raise BrokenTokens("it is not a token file") from error
        if sum(len(labels) for _, _, labels in self.columns) != header["rows"]:
            raise BrokenTokens("it has another number of rows")
        self._ready: list[int | None] = [None] * len(self.columns)  # places of checked batches
        self._remade: dict[int, np.ndarray] = {}

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError, OSError):
            os.close(self._file)

    def __reduce__(self) -> tuple[Any, ...]:
        return TokenFile, (self._path, self._header, self._remake)  # with a file of its own

    def _open(self, path: Path, header: Mapping[str, Any]) -> None:
        with pa.memory_map(str(path)) as source:
            start = source.read_buffer(1).address
            reader = pa.ipc.open_file(source)
            if not reader.schema.equals(SCHEMA):
                raise BrokenTokens("it has other columns")
            if (reader.schema.metadata or {}).get(_HEADER) != _json(header):
                raise BrokenTokens("it has the tokens of other data")
            for order in range(reader.num_record_batches):
                batch, metadata = reader.get_batch_with_custom_metadata(order)
                batch.validate()
                if metadata is None or metadata[_ORDER] != str(order).encode():
                    raise BrokenTokens("its batches are in another order")
                ids, *columns = arrays_of(batch)
                if _checksum(*columns) != int(metadata[_COLUMNS]) or len(ids) != columns[0][-1]:
                    raise BrokenTokens("its lengths or labels have changed")
                offsets, firsts, labels = (column.copy() for column in columns)
                self.columns.append((offsets, firsts, labels))
                self._places.append(ids.ctypes.data - start)
                self._checksums.append(int(metadata[_IDS]))

    def ids(self, batch: int, begin: int, end: int) -> np.ndarray:
        """Return ids of a batch."""
        place = self._ready[batch]
        if place is not None:
            size = (end - begin) * _BYTES
            data = _read(self._file, size, place + begin * _BYTES)
            if len(data) == size:
                return np.frombuffer(data, np.int32)
            self._replace(batch)
        elif batch not in self._remade:
            self._check(batch)
            return self.ids(batch, begin, end)
        return self._remade[batch][begin:end]

    def all_ids(self, batch: int) -> np.ndarray:
        """Return all ids of a batch."""
        return self.ids(batch, 0, int(self.columns[batch][0][-1]))

    def _check(self, batch: int) -> None:
        """Read a batch for the first time, and make it again if it has changed."""
        size = int(self.columns[batch][0][-1]) * _BYTES
        data = _read(self._file, size, self._places[batch])
        ids = np.frombuffer(data[: len(data) // _BYTES * _BYTES], np.int32)
        is_whole = len(data) == size and _checksum(ids) == self._checksums[batch]
        if not is_whole or (len(ids) and not 0 <= ids.min() <= ids.max() < self._vocabulary):
            self._replace(batch)
        else:
            self._ready[batch] = self._places[batch]

    def _replace(self, batch: int) -> None:
        """Tokenize the rows of a batch again, and let the next run write another file."""
        if not self._remade:
            say(
                worded(
                    "The token file {path} has changed: its texts are tokenized again.",
                    path=self._path,
                )
            )
        ids = self._remake(batch)
        if len(ids) != self.columns[batch][0][-1]:
            raise MachineError(
                "The token file {path} has changed while it was read.", path=self._path
            )
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._remade[batch] = ids
        self._ready[batch] = None


def _read(file: int, size: int, place: int) -> bytes:
    """Read from a place in a file; return nothing if that fails, as on a broken disk."""
    try:
        return pread(file, size, place)
    except OSError:
        return b""


def _checksum(*arrays: np.ndarray) -> int:
    found = 0
    for array in arrays:
        found = zlib.crc32(array.tobytes(), found)
    return found


def _json(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True).encode()
