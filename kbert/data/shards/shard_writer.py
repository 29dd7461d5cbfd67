"""Writes the files of a shard."""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kbert.data.shards.location import Location
from kbert.data.shards.shard_index import Shard, rows_name, tokens_name
from kbert.data.shards.shard_rows import ShardRows, to_arrow


@dataclass(frozen=True)
class EncodedRows:
    """The token ids of some rows, one after the other, and what else is known about the rows."""

    ids: np.ndarray
    rows: ShardRows

    @classmethod
    def of(
        cls,
        encoded: Sequence[tuple[Sequence[int], int]],
        id_type: str,
        *,
        text_pairs: bool,
        labels: np.ndarray | None,
        weights: np.ndarray | None,
    ) -> "EncodedRows":
        """Return the output of `Tokenizer.encode` as arrays."""
        count = len(encoded)
        lengths = np.fromiter((len(ids) for ids, _ in encoded), np.uint32, count)
        flat = itertools.chain.from_iterable(ids for ids, _ in encoded)
        ids = np.fromiter(flat, id_type, int(lengths.sum(dtype=np.int64)))
        firsts = np.fromiter((first for _, first in encoded), np.uint32, count)
        rows = ShardRows(lengths, firsts if text_pairs else None, labels, weights)
        return cls(ids, rows)


def write_shard(
    location: Location, number: int, parts: Sequence[EncodedRows], source_sha256: str
) -> Shard:
    """Write the two files of a shard, and return its entry in the index.

    Args:
        location: Location. The folder of the store.
        number: int. The number of the shard.
        parts: sequence of EncodedRows, at least one.
        source_sha256: str. The SHA-256 of the texts and labels.
    """
    ids = np.concatenate([part.ids for part in parts])
    lengths, firsts, labels, weights = (
        _joined([getattr(part.rows, name) for part in parts])
        for name in ("lengths", "firsts", "labels", "weights")
    )
    assert lengths is not None
    rows = ShardRows(lengths, firsts, labels, weights).to_arrow()
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    tokens = pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids))
    data = to_arrow(pa.record_batch({"token_ids": tokens}))
    location.write(tokens_name(number), data)
    location.write(rows_name(number), rows)
    return Shard(
        rows=len(lengths),
        tokens=len(ids),
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        rows_bytes=len(rows),
        rows_sha256=hashlib.sha256(rows).hexdigest(),
        source_sha256=source_sha256,
    )


def _joined(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None
