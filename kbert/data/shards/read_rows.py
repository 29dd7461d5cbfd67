"""Reads the part of a token store that is held in memory: index, lengths, labels and weights."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from kbert.data.shards.location import INDEX, Location
from kbert.data.shards.shard_file import DamagedShard, check_content
from kbert.data.shards.shard_index import Shard, ShardIndex, rows_name
from kbert.data.shards.shard_rows import ShardRows
from kbert.errors import InputError, MachineError
from kbert.findings import Call, Cure, worded

_READERS = 8  # files that are read at a time


def read_index(location: Location) -> ShardIndex:
    """Return the index of a complete store, or raise InputError."""
    again = Cure(call=Call("tokens", "DATA", output=location.shown))
    try:
        index = ShardIndex.read(location)
    except FileNotFoundError:
        raise InputError(
            "There is no token store in {place}: it has no {index}.",
            place=location.shown,
            index=INDEX,
            cure=again,
        ) from None
    if not index.complete:
        raise InputError(
            "The token store {place} is not complete: {rows:,} rows are finished.",
            place=location.shown,
            rows=index.rows,
            cure=again,
        )
    return index


def read_rows(location: Location, index: ShardIndex) -> ShardRows:
    """Return the lengths, labels and weights of the rows of all shards.

    Class numbers are those of `ShardIndex.labels`.

    Raises:
        MachineError: a file cannot be read, or is not what was written.
    """

    def read(number: int) -> ShardRows:
        return _rows_of(location, index, number, index.shards[number])

    with ThreadPoolExecutor(_READERS) as pool:
        parts = list(pool.map(read, range(len(index.shards))))
    joined = ShardRows(
        np.concatenate([part.lengths for part in parts]),
        _joined([part.firsts for part in parts]),
        _joined([part.labels for part in parts]),
        _joined([part.weights for part in parts]),
    )
    labels = joined.labels
    if labels is not None and labels.ndim == 1 and index.labels is not None:
        numbers = [index.labels.ids[name] for name in index.found_labels]
        labels = np.array(numbers, np.min_scalar_type(len(numbers)))[labels]
    return ShardRows(joined.lengths, joined.firsts, labels, joined.weights)


def _rows_of(location: Location, index: ShardIndex, number: int, shard: Shard) -> ShardRows:
    name = rows_name(number)
    try:
        data = location.read(name, shard.rows_bytes)
        check_content(data, shard.rows_bytes, shard.rows_sha256)
        rows = ShardRows.from_arrow(data)
        _check(rows, index, shard)
    except (FileNotFoundError, DamagedShard, ValueError) as error:
        is_missing = isinstance(error, FileNotFoundError)
        reason = worded("there is no such file") if is_missing else error
        raise MachineError(
            "{file} of {place} is not what was written: {reason}.",
            file=name,
            place=location.shown,
            reason=reason,
            cure=Cure(
                note="remove it, and make the store again as before: only this file is then missing"
            ),
        ) from error
    return rows


def _check(rows: ShardRows, index: ShardIndex, shard: Shard) -> None:
    """Raise ValueError if rows contradict the index."""
    if len(rows) != shard.rows or int(rows.lengths.sum(dtype=np.int64)) != shard.tokens:
        raise ValueError(worded("its rows are not those in the index"))
    labels = rows.labels
    has = [array is not None for array in (labels, rows.weights, rows.firsts)]
    if has != [bool(index.found_labels), index.weights, index.text_pairs]:
        raise ValueError(worded("its columns are not those in the index"))
    if labels is not None and labels.ndim == 1 and int(labels.max()) >= len(index.found_labels):
        raise ValueError(worded("it has labels that the index does not name"))


def _joined(parts: list[np.ndarray | None]) -> np.ndarray | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None
