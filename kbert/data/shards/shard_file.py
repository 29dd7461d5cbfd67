"""The token ids of a shard, on this machine's disk."""

import contextlib
import hashlib
import os
from pathlib import Path

import numpy as np

from kbert.data.shards.shard_index import Shard
from kbert.data.shards.shard_rows import from_arrow
from kbert.findings import worded
from kbert.utils.pread import pread


class DamagedShard(Exception):
    """A file does not match the index."""


class ShardFile:
    """The token ids of a shard, read by offset from a file that is checked against its checksum.

    Args:
        path: Path.
        shard: Shard. Its entry in the index.
        lengths: int array [rows]. Tokens of each row.
        vocabulary: int. How many ids there are.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedShard: it does not match the index.
    """

    def __init__(self, path: Path, shard: Shard, lengths: np.ndarray, vocabulary: int) -> None:
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        data = path.read_bytes()
        check_content(data, shard.bytes, shard.sha256)
        try:
            column = from_arrow(data).column(0)
            ids = column.values.to_numpy()
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise DamagedShard(
                worded("it is not a file of token ids: {error}", error=error)
            ) from error
        self._starts = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=self._starts[1:])
        if len(ids) != self._starts[-1] or ids.dtype.kind not in "iu":
            raise DamagedShard(worded("it has another number of tokens"))
        if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < vocabulary:
            raise DamagedShard(worded("it has ids that are not in the vocabulary"))
        self._dtype = ids.dtype
        self._place = ids.ctypes.data - np.frombuffer(data, np.uint8).ctypes.data
        if not 0 <= self._place <= len(data) - ids.nbytes:
            raise DamagedShard(worded("its ids are compressed"))

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError, OSError):
            os.close(self._file)

    def ids(self, row: int) -> np.ndarray:
        """Return the token ids of a row, an int32 array."""
        begin, end = int(self._starts[row]), int(self._starts[row + 1])
        size = self._dtype.itemsize
        data = pread(self._file, (end - begin) * size, self._place + begin * size)
        if len(data) != (end - begin) * size:
            raise DamagedShard(worded("it has become shorter while it was read"))
        return np.frombuffer(data, self._dtype).astype(np.int32)


def check_content(data: bytes, size: int, sha256: str) -> None:
    """Raise DamagedShard for content that does not match the index."""
    if len(data) != size:
        raise DamagedShard(
            worded("it has {given:,} bytes, not {size:,}", given=len(data), size=size)
        )
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DamagedShard(worded("its SHA-256 is another"))
