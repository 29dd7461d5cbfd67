"""Some rows of a source that is read as a stream."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class RowChunk:
    """Some rows: texts, second texts, values of labels, and weights.

    Args:
        texts: sequence of str.
        pairs: sequence of str, or None.
        values: sequence of what `Target.read` returns, int array of label numbers, or None.
        weights: float array or None.
    """

    texts: Sequence[str]
    pairs: Sequence[str] | None = None
    values: Any = None
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def part(self, begin: int, end: int) -> "RowChunk":
        """Return the rows from `begin` up to, but not including, `end`."""
        return RowChunk(
            self.texts[begin:end],
            None if self.pairs is None else self.pairs[begin:end],
            None if self.values is None else self.values[begin:end],
            None if self.weights is None else self.weights[begin:end],
        )

    def add_to(self, digest: Any) -> None:
        """Add the rows to a digest."""
        for texts in (self.texts, self.pairs):
            joined = "\0".join(texts or ())
            digest.update(len(joined).to_bytes(8, "little"))
            digest.update(joined.encode("utf-8", "surrogatepass"))
        if isinstance(self.values, np.ndarray):
            digest.update(self.values.astype("<i8").tobytes())
        elif self.values is not None:
            digest.update(repr(self.values).encode("utf-8", "surrogatepass"))
        if self.weights is not None:
            digest.update(self.weights.astype("<f4").tobytes())


class RowStream:
    """Rows of a source, taken in pieces whose sizes do not depend on the source's chunks.

    Args:
        chunks: iterable of RowChunk.
        piece: int. Rows per piece.
    """

    def __init__(self, chunks: Iterable[RowChunk], piece: int) -> None:
        self._chunks = iter(chunks)
        self._piece = piece
        self._held: list[RowChunk] = []
        self._rows = 0

    def pieces(self, rows: int) -> Iterator[RowChunk]:
        """Yield up to this many of the next rows, in pieces of which the last may be smaller."""
        while rows:
            piece = self._take(min(rows, self._piece))
            if not len(piece):
                return
            yield piece
            rows -= len(piece)

    def is_at_end(self) -> bool:
        """Return whether there are no more rows."""
        self._fill(1)
        return not self._rows

    def _fill(self, rows: int) -> None:
        while self._rows < rows:
            chunk = next(self._chunks, None)
            if chunk is None:
                return
            if len(chunk):
                self._held.append(chunk)
                self._rows += len(chunk)

    def _take(self, rows: int) -> RowChunk:
        self._fill(rows)
        taken: list[RowChunk] = []
        while rows and self._held:
            chunk = self._held.pop(0)
            if len(chunk) > rows:
                self._held.insert(0, chunk.part(rows, len(chunk)))
                chunk = chunk.part(0, rows)
            taken.append(chunk)
            rows -= len(chunk)
            self._rows -= len(chunk)
        return _joined(taken)


def digest_of(pieces: Iterable[RowChunk]) -> tuple[str, int]:
    """Return the SHA-256 of rows that come in pieces, and how many there are."""
    digest, rows = hashlib.sha256(), 0
    for piece in pieces:
        piece.add_to(digest)
        rows += len(piece)
    return digest.hexdigest(), rows


def _joined(chunks: list[RowChunk]) -> RowChunk:
    if not chunks:
        return RowChunk(())
    if len(chunks) == 1:
        return chunks[0]
    return RowChunk(*(_column([getattr(c, n) for c in chunks]) for n in _COLUMNS))


def _column(parts: list[Any]) -> Any:
    if parts[0] is None:
        return None
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [value for part in parts for value in part]


_COLUMNS = ("texts", "pairs", "values", "weights")
