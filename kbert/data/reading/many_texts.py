"""Keeps texts that would take much memory in a temporary file."""

import hashlib
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np

from kbert.errors import MachineError
from kbert.findings import Cure
from kbert.utils.pread import pread

_IN_MEMORY = 2**27  # characters; a Python string takes up to 4 bytes for each, and 50 more
_BUFFER = 2**22  # bytes written, or read ahead, at a time
_LONG = 2**12  # bytes; texts of at least this size are looked up among those written


class _TextFile:
    """A file without a name, which is closed when nothing uses it any more."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self.write = self._file.write
        self.flush = self._file.flush

    def read(self, start: int, size: int) -> bytes:
        return pread(self._file.fileno(), size, start)

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()


class ManyTexts(Sequence[str]):
    """The texts in a file without a name, as an immutable sequence of str.

    A text is read and decoded when it is accessed; iterating over all of them reads large blocks.
    The file vanishes with the last object that uses it, or with the process.

    Args:
        file: the texts as UTF-8, one after the other.
        starts: int64 array [texts]. Where each begins.
        ends: int64 array [texts]. Where each ends.
    """

    def __init__(self, file: _TextFile, starts: np.ndarray, ends: np.ndarray) -> None:
        self._file = file
        self._starts = starts
        self._ends = ends

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return list(self.take(np.arange(len(self))[index]))
        start, end = int(self._starts[index]), int(self._ends[index])
        return _decoded(self._file.read(start, end - start))

    def __iter__(self) -> Iterator[str]:
        held, first = b"", 0
        for start, end in zip(self._starts.tolist(), self._ends.tolist(), strict=True):
            if start < first or end > first + len(held):
                first, held = start, self._file.read(start, max(end - start, _BUFFER))
            yield _decoded(held[start - first : end - first])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)

    def take(self, indices: np.ndarray) -> "ManyTexts":
        """Return the texts at these indices, without copying them."""
        return ManyTexts(self._file, self._starts[indices], self._ends[indices])


class TextWriter:
    """Collects texts: a list of them or, once they are many, a `ManyTexts`.

    A long text that repeats is held once: a small Parquet file can have it in millions of rows.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._characters = 0
        self._file: _TextFile | None = None
        self._starts, self._ends = array("q"), array("q")
        self._long: dict[bytes, int] = {}  # where each begins, by a digest
        self._size = 0

    def append(self, text: str) -> None:
        """Add a text."""
        if not self._texts or text is not self._texts[-1]:
            self._characters += len(text)
        self._texts.append(text)
        if self._characters > (_IN_MEMORY if self._file is None else _BUFFER):
            self._write()

    def texts(self) -> Sequence[str]:
        """Return all texts; none can be added later."""
        if self._file is None:
            return self._texts
        self._write()
        starts, ends = (np.frombuffer(places, np.int64) for places in (self._starts, self._ends))
        return ManyTexts(self._file, starts, ends)

    def _write(self) -> None:
        """Move the texts from memory to the file."""
        try:
            if self._file is None:
                self._file = _TextFile()
            for text in self._texts:
                data = text.encode("utf-8", "surrogatepass")
                start = self._size
                if len(data) >= _LONG:
                    digest = hashlib.blake2b(data, digest_size=16).digest()
                    start = self._long.setdefault(digest, start)
                if start == self._size:
                    self._file.write(data)
                    self._size += len(data)
                self._starts.append(start)
                self._ends.append(start + len(data))
            self._file.flush()
        except OSError as error:
            raise MachineError(
                "The texts do not fit into a temporary file: {reason}.",
                reason=error.strerror,
                cure=Cure(note="set the variable TMPDIR to a folder with room for them"),
            ) from error
        self._texts, self._characters = [], 0


def rows_of(texts: Sequence[str], indices: np.ndarray) -> Sequence[str]:
    """Return the texts at these indices."""
    if isinstance(texts, ManyTexts):
        return texts.take(indices)
    return [texts[i] for i in indices]


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
