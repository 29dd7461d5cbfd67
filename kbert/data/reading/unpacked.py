"""Unpacks compressed files while they are read, up to a size that no genuine file exceeds."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.utils.foreign import foreign_input
from kbert.utils.missing_package import pip_install

_MIN_LIMIT, _MAX_RATIO = 2**28, 200  # as for Parquet; text is compressed to a tenth at best
_COPY = Cure(note="it may be incomplete or another kind of file: copy or compress it again")


def _open_zst(stream: Any) -> Any:
    """Return a stream that unpacks zstd, with Python itself or with pyarrow."""
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdFile

        return ZstdFile(stream)
    try:
        import pyarrow
    except ModuleNotFoundError:
        raise InputError(
            "A .zst file needs the package pyarrow, or Python 3.14. Install it: {install}",
            install=pip_install("pyarrow"),
        ) from None
    return pyarrow.CompressedInputStream(pyarrow.PythonFile(stream, mode="r"), "zstd")


_OPENERS: dict[str, Callable[[Any], Any]] = {
    ".gz": lambda stream: gzip.GzipFile(fileobj=stream, mode="rb"),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": _open_zst,
}
COMPRESSED = (*_OPENERS, ".zip")


def inner_name(path: Path) -> str:
    """Return the name of the file inside a compressed file; for a plain file, its own name."""
    suffix = path.suffix.lower()
    if suffix == ".zip":
        with _archive(path) as archive:
            return PurePosixPath(_member(archive, path).filename).name
    return path.name[: -len(suffix)] if suffix in _OPENERS else path.name


def unpack(stream: BinaryIO, path: Path) -> BinaryIO:
    """Return a stream of a compressed file's content; a plain file's stream is returned as it is.

    Args:
        stream: binary stream of the file, which is closed with the one returned.
        path: Path. The file; its suffix identifies the compression.

    Raises:
        InputError: an archive does not hold exactly one file. While the stream is read: the
            compressed data is broken, or unpacks to more than both 200 times the file's size and
            256 MiB.
    """
    suffix = path.suffix.lower()
    if suffix not in COMPRESSED:
        return stream
    limit = max(_MIN_LIMIT, _MAX_RATIO * path.stat().st_size)
    with ExitStack() as parts:
        parts.callback(stream.close)
        if suffix == ".zip":
            archive = parts.enter_context(_archive(path))
            with foreign_input("{path} cannot be unpacked: {reason}.", path=path, cure=_COPY):
                inner = parts.enter_context(archive.open(_member(archive, path)))
        else:
            inner = parts.enter_context(_OPENERS[suffix](stream))
        return io.BufferedReader(_Unpacked(inner, parts.pop_all(), path, limit), 65_536)


def _archive(path: Path) -> zipfile.ZipFile:
    with foreign_input("{path} is not a readable zip archive: {reason}.", path=path, cure=_COPY):
        return zipfile.ZipFile(path)


def _member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """Return the only file in an archive, apart from those that operating systems add."""
    files = [
        info
        for info in archive.infolist()
        if not info.filename.endswith("/")
        and "__MACOSX" not in info.filename
        and not PurePosixPath(info.filename).name.startswith(".")
    ]
    if len(files) != 1:
        raise InputError(
            "{path} holds {count} files; one was expected{names}.",
            path=path,
            count=len(files),
            names=": " + ", ".join(info.filename for info in files[:5]) if files else "",
            cure=Cure(note="unpack it, and pass the labelled file"),
        )
    return files[0]


class _Unpacked(io.RawIOBase):
    """Reads from an unpacking stream, and closes its parts."""

    def __init__(self, inner: Any, parts: ExitStack, path: Path, limit: int) -> None:
        super().__init__()
        self._inner, self._parts, self._path, self._limit = inner, parts, path, limit
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with foreign_input("{path} cannot be unpacked: {reason}.", path=self._path, cure=_COPY):
            data = self._inner.read(len(buffer))
        self._size += len(data)
        if self._size > self._limit:
            raise InputError(
                "{path} unpacks to more than {limit:,} bytes, {ratio} times its size or more; "
                "text does not.",
                path=self._path,
                limit=self._limit,
                ratio=self._limit // max(self._path.stat().st_size, 1),
                cure=Cure(note="if you trust it, unpack it and pass the file"),
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._parts.close()
        super().close()
